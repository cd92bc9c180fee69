"""How the documents of these tests are loaded."""

import pytest

import robots
from tests.urdf_documents.documents import SOUND


@pytest.fixture
def load(tmp_path):
    """Writes a document into a file and loads it."""

    def load(content, name="arm.urdf"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return robots.load(path)

    return load


@pytest.fixture
def sound(load):
    """The arm of the sound document."""
    return load(SOUND)
