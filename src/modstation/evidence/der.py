"""As much of DER (ITU-T X.690) as a time stamp needs: taking values apart and putting a request together."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, OCTETS, OID, SEQUENCE, SET, BOOLEAN, NULL, TIME = 2, 4, 6, 0x30, 0x31, 1, 5, 0x18


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag, what is inside it, and all its bytes as they stood."""

    tag: int
    inside: bytes
    whole: bytes

    def parts(self) -> tuple[Value, ...]:
        """The values inside a sequence or set. Raises ValueError where there are none or they are cut off."""
        return read_all(self.inside)

    def number(self) -> int:
        """The value of an INTEGER. Raises ValueError for any other tag."""
        if self.tag != INTEGER or not self.inside:
            raise ValueError("not a number")
        return int.from_bytes(self.inside, "big", signed=True)


def read(data: bytes) -> tuple[Value, bytes]:
    """The first value and what follows it. Raises ValueError for what is cut off or not DER."""
    if len(data) < 2 or data[0] & 31 == 31:
        raise ValueError("cut off")
    size, start = data[1], 2
    if size & 128:
        more = size & 127
        if not 1 <= more <= 4 or len(data) < 2 + more:
            raise ValueError("a length that DER does not have")
        size, start = int.from_bytes(data[2 : 2 + more], "big"), 2 + more
    if len(data) < start + size:
        raise ValueError("cut off")
    return Value(data[0], data[start : start + size], data[: start + size]), data[start + size :]


def read_all(data: bytes) -> tuple[Value, ...]:
    """All values that stand one after the other."""
    found = []
    while data:
        value, data = read(data)
        found.append(value)
    return tuple(found)


def only(data: bytes) -> Value:
    """The one value that these bytes are. Raises ValueError where something follows it."""
    value, rest = read(data)
    if rest:
        raise ValueError("something follows the value")
    return value


def write(tag: int, *parts: bytes) -> bytes:
    """A value with these bytes inside."""
    inside = b"".join(parts)
    size = len(inside)
    if size < 128:
        return bytes([tag, size]) + inside
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(length)]) + length + inside


def integer(value: int) -> bytes:
    """An INTEGER of a number that is not negative."""
    return write(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = (int(each) for each in dotted.split("."))
    encoded = bytes([first * 40 + second])
    for number in rest:
        digits = [number & 127]
        while number := number >> 7:
            digits.append(128 | (number & 127))
        encoded += bytes(reversed(digits))
    return write(OID, encoded)
