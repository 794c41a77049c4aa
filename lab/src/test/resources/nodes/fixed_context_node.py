"""A service node for tests that knows metadata type 1 only, of plain sockets, written after RFC 8300 and docs/reference/overlay-formats.md: python3 fixed_context_node.py OWN-ADDRESS
Passes everything in headers of its own making, with the context that it got; writes how many packets it has had when it has a moment."""
import socket
import struct
import sys

own = sys.argv[1]
sluice = socket.socket(socket.AF_INET6 if ":" in own else socket.AF_INET, socket.SOCK_DGRAM)
sluice.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
sluice.bind((own, 6081))
sluice.settimeout(0.1)
print("ready", flush=True)

count, told, flows = 0, 0, {}
while True:
    try:
        packet, switch = sluice.recvfrom(65535)
    except TimeoutError:
        if count != told:
            print("packets", count, flush=True)
            told = count
        continue
    count += 1
    geneve, first, kinds, path = struct.unpack_from("!QHHI", packet)
    assert geneve >> 32 == 0x894F, packet[:8].hex()
    assert first & 0xF03F == 6 and kinds == 0x0103 and path & 255, packet[8:16].hex()
    version, flags, reserved, tenant, flow = struct.unpack_from("!BBHIQ", packet, 16)
    assert version == 1 and flags & ~0x80 == 0x44 and reserved == 0 and tenant, packet[16:32].hex()
    # Forward packets have an even path, reverse ones the next number.
    assert flags >> 7 == path >> 8 & 1, packet[12:18].hex()
    assert flows.setdefault(flow, (tenant, path >> 9)) == (tenant, path >> 9), packet[12:32].hex()
    header = struct.pack("!QHHI", geneve, 63 << 6 | 6, 0x0103, path - 1)
    sluice.sendto(header + packet[16:32] + packet[32:], (switch[0], 6081))
