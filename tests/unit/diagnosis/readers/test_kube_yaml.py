from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.readers.kube_yaml import yaml_documents

POD = """\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    note: |
      first: line
        second
  labels:
    app: "web"
    version: '1.0'
spec:
  containers:
  - args:
    - --port=80
    - -c
    image: nginx:1.27   # the web
    ports: [{containerPort: 80, name: http}]
    resources: {}
  nodeName: null
  replicas: 3
  ready: true
  message: 'it''s folded over
    two lines'
"""


def test_mappings_lists_texts_and_flows_are_read() -> None:
    [pod] = yaml_documents(POD)
    assert isinstance(pod, dict)
    spec = pod["spec"]
    assert spec["containers"][0]["args"] == ["--port=80", "-c"]
    assert spec["containers"][0]["image"] == "nginx:1.27"
    assert spec["containers"][0]["ports"] == [{"containerPort": 80, "name": "http"}]
    assert (spec["nodeName"], spec["replicas"], spec["ready"]) == (None, 3, True)
    assert spec["message"] == "it's folded over two lines"
    assert pod["metadata"]["labels"] == {"app": "web", "version": "1.0"}
    assert pod["metadata"]["annotations"]["note"] == "first: line\n  second\n"


def test_documents_are_parted_and_lists_may_stand_at_the_depth_of_their_key() -> None:
    first, second = yaml_documents("a:\n- 1\n- b: 2\n  c: 3\n---\nkey: x:y\n")
    assert first == {"a": [1, {"b": 2, "c": 3}]}
    assert second == {"key": "x:y"}


def test_what_is_no_yaml_is_said_to_be_unreadable() -> None:
    with pytest.raises(Unreadable):
        yaml_documents("Error from server (NotFound)\n")
    with pytest.raises(Unreadable):
        yaml_documents("\n# nothing\n")


def test_a_broken_document_ends_and_never_raises_anything_else() -> None:
    deep = "\n".join(f"{'  ' * depth}k:" for depth in range(200))
    for content in (deep, "a: [1, 2", "a: 'open\n", 'a: "\\', "a:\n   b: 1\n  c: 2\n", "- - - - x"):
        assert isinstance(yaml_documents(content), list)
