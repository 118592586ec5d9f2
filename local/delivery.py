"""Events reach a queue before the call that caused them answers, and none is lost on the way.

MiniStack delivers S3 notifications and EventBridge events from threads of their own, while its SQS replaces a
queue's list of messages on every receive (services/sqs.py, `_dlq_sweep`): what a thread appends in between is
gone. So deliveries are moved to the event loop, where SQS runs.
"""

import asyncio
import contextvars
import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any


def install(app: ModuleType) -> None:
    """Move the deliveries. `app` is the imported module `ministack.app`, before its server starts."""
    from ministack.services import eventbridge, s3

    s3._fire_s3_event_async = functools.partial(_fire_at_once, s3)  # noqa: SLF001 - see the contract test
    eventbridge._dispatch_to_sqs = _on_loop(app, eventbridge._dispatch_to_sqs)  # noqa: SLF001


def _fire_at_once(s3: Any, bucket: str, key: str, event_name: str, *arguments: Any, **options: Any) -> None:
    """`_fire_s3_event_async` without its thread; objects arrive on the loop."""
    if bucket in s3._bucket_notifications:  # noqa: SLF001
        options["sequencer"] = s3._next_event_sequencer(event_name)  # noqa: SLF001
        s3._fire_s3_event(bucket, key, event_name, *arguments, **options)  # noqa: SLF001


def _on_loop(app: Any, deliver: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(deliver)
    def delivered(*arguments: Any, **options: Any) -> None:
        loop = app._MAIN_LOOP  # noqa: SLF001
        try:
            is_there = asyncio.get_running_loop() is loop
        except RuntimeError:
            is_there = False
        if is_there or loop is None:
            deliver(*arguments, **options)
        else:
            # The context carries the account and region whose queue it is.
            context = contextvars.copy_context()
            loop.call_soon_threadsafe(functools.partial(context.run, deliver, *arguments, **options))

    return delivered
