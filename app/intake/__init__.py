"""Files that arrive: sniffed, decompressed, decoded, read, verified, inferred, normalised. Pure and streaming:
iterators of bytes in, reports and iterators of bytes out, in bounded memory.

    verify(stream, declared, limits) -> Report            app.intake.verify
    normalised(stream, report) -> Iterator[bytes]         app.intake.normalise
    read_footer(tail, size) -> Footer                     app.intake.parquet_footer
"""
