"""A service node with an agent for tests, of plain sockets, written after docs/reference/overlay-formats.md: python3 aware_node.py OWN-ADDRESS ACCEPT-AFTER [gpe].
With "gpe" the service header comes in VXLAN-GPE instead of Geneve.
Passes everything, accepts a flow after that many packets (0: never), drops one with the bytes EVIL; writes how many packets it has had when it has a moment."""
import socket
import struct
import sys

own, accept_after, gpe = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["gpe"]
port = 4790 if gpe else 6081
sluice = socket.socket(socket.AF_INET6 if ":" in own else socket.AF_INET, socket.SOCK_DGRAM)
sluice.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
sluice.bind((own, port))
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
    packet = bytearray(packet)
    version_and_length, flags, protocol, vni = struct.unpack_from("!BBHI", packet)
    if gpe:
        assert packet[:4] == b"\x0c\0\0\4" and vni >> 8 and not vni & 255, packet[:8].hex()
    else:
        assert version_and_length == 0 and flags == 0 and protocol == 0x894F and vni >> 8, packet[:8].hex()
    first, kinds, path = struct.unpack_from("!HHI", packet, 8)
    end = 8 + (first & 63) * 4
    assert first >> 13 == 0 and kinds == 0x0203 and path & 255, packet[8:16].hex()
    at, context = 16, {}
    while at < end:
        kind, length = struct.unpack_from("!I", packet, at)[0] >> 8, packet[at + 3] & 127
        context[kind] = at + 4
        at += 4 + (length + 3) // 4 * 4
    assert {0x05, 0x06, 0x08, 0xFFF601} <= context.keys(), context
    flow = bytes(packet[context[0x08]:context[0x08] + 8])
    flows[flow] = flows.get(flow, 0) + 1
    own_context = context[0xFFF601]
    packet[15] -= 1
    if b"EVIL" in packet[end:]:
        packet[own_context + 1] |= 0x30
        packet[own_context + 8] = 1
        packet[8] |= 0x20
        packet[11] = 0
        packet = packet[:end]
    elif accept_after and flows[flow] >= accept_after:
        packet[own_context + 1] |= 0x30
        packet[own_context + 8] = 2
    sluice.sendto(packet, (switch[0], port))
