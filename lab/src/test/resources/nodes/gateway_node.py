"""An appliance for gateway load balancers, for tests: plain sockets, after the public description of the format. python3 gateway_node.py OWN-ADDRESS
One-armed: looks at the three options, keeps the cookie of each flow, sends the datagram back to the switch's port 6081. Writes how many packets and flows it has had."""
import ipaddress
import socket
import struct
import sys

own = sys.argv[1]
sluice = socket.socket(socket.AF_INET6 if ":" in own else socket.AF_INET, socket.SOCK_DGRAM)
sluice.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
sluice.bind((own, 6081))
sluice.settimeout(0.1)
print("ready", flush=True)

count, told, cookies = 0, 0, {}
while True:
    try:
        datagram, switch = sluice.recvfrom(65535)
    except TimeoutError:
        if count != told:
            print("flows", len(cookies), flush=True)
            print("packets", count, flush=True)
            told = count
        continue
    count += 1
    first, flags, protocol = struct.unpack_from("!BBH", datagram)
    assert first >> 6 == 0 and not flags & 0x80 and protocol in (0x0800, 0x86DD), datagram[:8].hex()
    at, end, options = 8, 8 + (first & 63) * 4, {}
    while at < end:
        group, kind, words = struct.unpack_from("!HBB", datagram, at)
        options[group, kind] = datagram[at + 4:at + 4 + (words & 31) * 4]
        at += 4 + (words & 31) * 4
    assert at == end, datagram[:end].hex()
    endpoint, attachment, cookie = (options[0x0108, kind] for kind in (1, 2, 3))
    assert (len(endpoint), len(attachment), len(cookie)) == (8, 8, 4), options
    packet = datagram[end:]
    if protocol == 0x0800:
        assert packet[0] >> 4 == 4 and struct.unpack_from("!H", packet, 2)[0] == len(packet), packet[:20].hex()
        kind, source, target = packet[9], packet[12:16], packet[16:20]
        layer4 = packet[(packet[0] & 15) * 4:]
        whole = struct.unpack_from("!H", packet, 6)[0] & 0x3fff == 0
    else:
        assert packet[0] >> 4 == 6 and struct.unpack_from("!H", packet, 4)[0] + 40 == len(packet), packet[:40].hex()
        kind, source, target = packet[6], packet[8:24], packet[24:40]
        layer4 = packet[40:]
        whole = kind != 44
    # An echo belongs to the others of its identifier; errors and fragments do not say which flow they are of in a way that is worth reading here.
    ports = layer4[:4] if kind in (6, 17) else layer4[4:6] * 2
    ends = sorted([(source, ports[:2]), (target, ports[2:])])
    flow = (kind, *ends)
    plain = whole and (kind in (6, 17) or layer4[0] in (0, 8, 128, 129))
    assert not plain or cookies.setdefault(flow, cookie) == cookie, [str(ipaddress.ip_address(source)), str(ipaddress.ip_address(target))]
    sluice.sendto(datagram, (switch[0], 6081))
