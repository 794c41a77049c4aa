"""A bridge between two GRE tunnels for tests, after RFC 2784 and RFC 2890: python3 gre_node.py OWN-ADDRESS
What comes with key 100 goes back with key 101, and the other way round."""
import socket
import struct
import sys

own = sys.argv[1]
ipv6 = ":" in own
sluice = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_RAW, 47)
sluice.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
sluice.bind((own, 0))
print("ready", flush=True)
while True:
    packet, switch = sluice.recvfrom(65535)
    # With IPv4 the header comes with it.
    gre = packet if ipv6 else packet[(packet[0] & 15) * 4:]
    flags, protocol, key = struct.unpack_from("!HHI", gre)
    assert flags == 0x2000 and protocol == 0x6558 and key in (100, 101), gre[:8].hex()
    sluice.sendto(struct.pack("!HHI", flags, protocol, key ^ 1) + gre[8:], switch)
