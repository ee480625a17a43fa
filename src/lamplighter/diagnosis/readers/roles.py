"""What a component is for, by its name, its image or its port: database, cache, queue, proxy, resolver."""

from __future__ import annotations

import re

TEXT_CHARS_MAX = 300
_ROLES = (
    (
        "database",
        re.compile(
            r"(?i)(?:postgres|pgsql|\bpg\b|\bpg[-_\d]|[-_]pg\b|mysql|mariadb|percona|mongo|cockroach|cassandra"
            r"|timescale|clickhouse|influx|mssql|sqlserver|oracle|couchdb|galera|firebird|[-_]db\b|^db\b"
            r"|[-_]db[-_\d]|^db[-_\d]|database)"
        ),
    ),
    ("cache", re.compile(r"(?i)redis|valkey|memcache|keydb|dragonfly|hazelcast|[-_]cache\b|^cache\b")),
    (
        "queue",
        re.compile(r"(?i)rabbit|kafka|redpanda|nats\b|activemq|artemis|mosquitto|mqtt|emqx|pulsar|beanstalk|broker"),
    ),
    ("proxy", re.compile(r"(?i)nginx|haproxy|traefik|caddy|envoy|\bproxy|[-_]lb\b|^lb\b|ingress|swag\b|apache")),
    ("resolver", re.compile(r"(?i)\bdns|pi-?hole|unbound|adguard|coredns|\bbind9?\b|named\b|dnsmasq|blocky|resolved")),
)
_WATCHER = re.compile(
    r"(?i)exporter|blackbox|cadvisor|promtail|telegraf|\bagent\b|alloy|prometheus|alertmanager|zabbix"
    r"|netdata|uptime-?kuma"
)
_PORTS = {
    "5432": "database",
    "6432": "database",
    "3306": "database",
    "27017": "database",
    "1433": "database",
    "1521": "database",
    "9042": "database",
    "8086": "database",
    "6379": "cache",
    "11211": "cache",
    "26379": "cache",
    "5672": "queue",
    "9092": "queue",
    "1883": "queue",
    "61616": "queue",
    "4222": "queue",
}
_SCHEMES = re.compile(r"(?i)\b(postgres(?:ql)?|mysql|mongodb|redis|amqp|mqtt|kafka|memcached)(?:\+\w{1,20})?s?://")
_OF_SCHEME = {"redis": "cache", "memcached": "cache", "amqp": "queue", "mqtt": "queue", "kafka": "queue"}


def role_of(*words: str) -> str:
    """The role that the first telling of these words gives away; empty where none does."""
    for word in words:
        tail = word[:TEXT_CHARS_MAX].rsplit("/", maxsplit=1)[-1]
        found = next((role for role, pattern in _ROLES if tail and pattern.search(tail)), "")
        if found:
            return found
    return ""


def watches(name: str) -> bool:
    """Whether this watches others, so that its own trouble is one of the monitoring."""
    return _WATCHER.search(name[:TEXT_CHARS_MAX]) is not None


def role_of_port(port: str) -> str:
    """The role of what usually listens at a port."""
    return _PORTS.get(port, "")


def role_in(line: str) -> str:
    """The role of what a line talks to, by the scheme of an address in it."""
    found = _SCHEMES.search(line[:2000])
    return _OF_SCHEME.get(found[1].lower(), "database") if found else ""
