"""The single-table key grammar. Pure: names in, keys out. Every partition key starts with the tenant.

    what                pk                                  sk                       gsi1pk / gsi1sk
    dataset             T#<t>#DATASET#<id>                  #                        T#<t>#DATASETS / <id>
    search token        T#<t>#TOKEN#<facet>#<value>         <id>
    schema version      T#<t>#DATASET#<id>                  SCHEMA#<n, 6 digits>
    version             T#<t>#DATASET#<id>                  VERSION#<version>
    file                T#<t>#DATASET#<id>                  FILE#<file id>          T#<t>#FILES#<id>#<state> / <file id>
    file at work        (gsi2 of a file that is not done)   gsi2pk T#~#FILES#<kind>#<0..3>   gsi2sk <updated>#<t>#<id>
    sweep               T#~#SWEEP                           #
    partition's counts  T#<t>#DATASET#<id>                  PARTITION#<path>
    judged partition    T#<t>#DATASET#<id>                  LATENESS
    with a cut-off      (gsi2 of a dataset with one)        gsi2pk T#~#CUT_OFFS      gsi2sk <t>#<id>
    content             T#<t>#DATASET#<id>                  CONTENT#<sha256>
    job                 T#<t>#JOB#<name>                    #                        T#<t>#JOBS / <name>
    job trigger/use     T#<t>#DATASET#<id>                  USE#<reads|writes>#<job>
    writer of a target  T#<t>#DATASET#<id>                  WRITER
    runs that wait      T#<t>#JOB#<name>                    QUEUE
    schedule            T#<t>#JOB#<name>                    SCHEDULE#<trigger>
    due schedule        (gsi2 of one that will be due)      gsi2pk T#~#DUE           gsi2sk <due>#<t>#<job>#<trigger>
    listener            T#<t>#JOB#<upstream name>           LISTENER#<job>
    runs waited for     T#<t>#JOB#<name>                    FOLLOWS
    turn of triggers    T#<t>#TRIGGERS                      #
    run                 T#<t>#RUN#<run id>                  #                        T#<t>#JOB#<name>#RUNS / <run id>
    run was told        T#<t>#RUN#<run id>                  TOLD#<job>
    open run            (gsi2 of a run that is not over)    gsi2pk T#~#OPEN          gsi2sk <t>#<run id>
    permits of Athena   T#~#PERMITS                         #
    query               T#<t>#QUERY#<query id>              #
    allowance           T#<t>#ALLOWANCE#<principal>         #
    one with queries    (gsi2 while one is not over)        gsi2pk T#~#ASKING        gsi2sk <t>#<principal>
    usage               T#<t>#USAGE#<day>                   <query|run>#<id>
    usage of a day      T#<t>#USED#<day>                    #
    saved query         T#<t>#SAVED#<name>                  #                        T#<t>#SAVED / <name>
    its version         T#<t>#SAVED#<name>                  VERSION#<version>
    its columns         T#<t>#SAVED#<name>                  COLUMNS
    classifier          T#<t>#CLASSIFIERS                   <name>
    stored answer       T#<t>#ANSWER#<etag>                 #
    api key             T#<t>#APIKEY#<key id>               #                        T#<t>#APIKEYS / <key id>
    idempotency         T#<t>#IDEMPOTENCY#<principal>       <key>

`T#~` is the system's own: no tenant can be called `~`. Lists read gsi1 with one Query per page; no access path Scans.
Classifiers share a partition, because a file that arrives right after one was put must see it: gsi1 may lag behind.
"""

from typing import NamedTuple

SELF = "#"


class Key(NamedTuple):
    """Primary key of one item."""

    pk: str
    sk: str


def dataset(tenant: str, dataset_id: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", SELF)


def schema_version(tenant: str, dataset_id: str, number: int) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", f"SCHEMA#{number:06d}")


def version(tenant: str, dataset_id: str, version_id: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", f"VERSION#{version_id}")


def file(tenant: str, dataset_id: str, file_id: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", f"FILE#{file_id}")


def sweep() -> Key:
    return Key("T#~#SWEEP", SELF)


def partition(tenant: str, dataset_id: str, path: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", f"PARTITION#{path}")


def lateness(tenant: str, dataset_id: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", "LATENESS")


def content(tenant: str, dataset_id: str, sha256: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", f"CONTENT#{sha256}")


def use(tenant: str, dataset_id: str, kind: str, job: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", f"USE#{kind}#{job}")


def token(tenant: str, facet: str, value: str, dataset_id: str) -> Key:
    return Key(f"T#{tenant}#TOKEN#{facet}#{value}", dataset_id)


def job(tenant: str, name: str) -> Key:
    return Key(f"T#{tenant}#JOB#{name}", SELF)


def job_queue(tenant: str, name: str) -> Key:
    return Key(f"T#{tenant}#JOB#{name}", "QUEUE")


def schedule(tenant: str, job: str, trigger: str) -> Key:
    return Key(f"T#{tenant}#JOB#{job}", f"SCHEDULE#{trigger}")


def listener(tenant: str, upstream: str, job: str) -> Key:
    return Key(f"T#{tenant}#JOB#{upstream}", f"LISTENER#{job}")


def follows(tenant: str, job: str) -> Key:
    return Key(f"T#{tenant}#JOB#{job}", "FOLLOWS")


def turn_of_triggers(tenant: str) -> Key:
    return Key(f"T#{tenant}#TRIGGERS", SELF)


def told(tenant: str, run_id: str, job: str) -> Key:
    return Key(f"T#{tenant}#RUN#{run_id}", f"TOLD#{job}")


def writer(tenant: str, dataset_id: str) -> Key:
    return Key(f"T#{tenant}#DATASET#{dataset_id}", "WRITER")


def run(tenant: str, run_id: str) -> Key:
    return Key(f"T#{tenant}#RUN#{run_id}", SELF)


def permits() -> Key:
    return Key("T#~#PERMITS", SELF)


def query(tenant: str, query_id: str) -> Key:
    return Key(f"T#{tenant}#QUERY#{query_id}", SELF)


def allowance(tenant: str, principal: str) -> Key:
    return Key(f"T#{tenant}#ALLOWANCE#{principal}", SELF)


def usage(tenant: str, day: str, kind: str, identifier: str) -> Key:
    return Key(f"T#{tenant}#USAGE#{day}", f"{kind}#{identifier}")


def day_of_usage(tenant: str, day: str) -> Key:
    return Key(f"T#{tenant}#USED#{day}", SELF)


def saved_query(tenant: str, name: str) -> Key:
    return Key(f"T#{tenant}#SAVED#{name}", SELF)


def saved_version(tenant: str, name: str, version: str) -> Key:
    return Key(f"T#{tenant}#SAVED#{name}", f"VERSION#{version}")


def saved_columns(tenant: str, name: str) -> Key:
    return Key(f"T#{tenant}#SAVED#{name}", "COLUMNS")


def classifier(tenant: str, name: str) -> Key:
    return Key(f"T#{tenant}#CLASSIFIERS", name)


def answer(tenant: str, etag: str) -> Key:
    return Key(f"T#{tenant}#ANSWER#{etag}", SELF)


def api_key(tenant: str, key_id: str) -> Key:
    return Key(f"T#{tenant}#APIKEY#{key_id}", SELF)


def idempotency(tenant: str, principal: str, idempotency_key: str) -> Key:
    return Key(f"T#{tenant}#IDEMPOTENCY#{principal}", idempotency_key)
