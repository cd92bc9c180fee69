"""A sound document, and how others are made from it."""

DECLARATION = '<?xml version="1.0"?>'
ARM = (
    '<robot name="a"><link name="base"/><link name="l1"/><link name="l2"/><link name="tool"/>'
    '<joint name="j1" type="revolute"><parent link="base"/><child link="l1"/><origin xyz="0 0 0.3"/>'
    '<axis xyz="0 0 1"/><limit lower="-2.5" upper="2.5" effort="1" velocity="1"/></joint>\n'
    '<joint name="j2" type="revolute"><parent link="l1"/><child link="l2"/><origin xyz="0 0 0.2"/>'
    '<axis xyz="0 1 0"/><limit lower="-2" upper="2" effort="1" velocity="1"/></joint>\n'
    '<joint name="f" type="fixed"><parent link="l2"/><child link="tool"/><origin xyz="0.25 0 0"/></joint></robot>\n'
)
SOUND = DECLARATION + ARM
XACRO = """<?xml version="1.0"?><robot name="a" xmlns:xacro="http://www.ros.org/wiki/xacro">{}</robot>"""


def changed(old, new, document=SOUND):
    assert old in document
    return document.replace(old, new)


def with_more(xml):
    """The arm with something else inside of <robot>."""
    return changed("</robot>", f"{xml}</robot>")
