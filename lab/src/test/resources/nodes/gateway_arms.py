"""An appliance for gateway load balancers, for tests, of Scapy and after the public description of the format:
gateway_arms.py OWN-ADDRESS one|unknown|two [MAC-OF-THE-NEXT-HOST]

What comes on eth0 is Geneve with the three options. With one arm it goes back as it came, addresses swapped; "unknown" adds options that nobody described and
changes their order. With two arms what is inside leaves by eth1, and answers that come there go back in Geneve with the header of their flow.
Frames are read and written whole, so nothing depends on this machine's tunnels. Writes how many packets and flows it has had when it has a moment."""
import select
import socket
import sys

from scapy.config import conf
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

PORT, AWS, IPV4, IPV6 = 6081, 0x0108, 0x0800, 0x86DD
OPTION_BYTES = {1: 8, 2: 8, 3: 4}
own, arms = sys.argv[1], sys.argv[2]
next_host = sys.argv[3] if arms == "two" else None


def mac(interface):
    with open("/sys/class/net/" + interface + "/address") as file:
        return file.read().strip()


def options_of(header):
    """Class, type and data of each option. Scapy 2.5 takes apart the first one of a packet only."""
    found, rest = [], header[8:]
    while rest:
        option = GeneveOptions(rest)
        end = 4 + 4 * option.length
        assert end <= len(rest) and not option.reserved, rest.hex()
        found.append((option.classid, option.type, rest[4:end]))
        rest = rest[end:]
    return found


def read(packet):
    """Geneve header and what is inside of a datagram of the switch."""
    geneve = packet[GENEVE]
    whole = packet[UDP].payload.original[:packet[UDP].len - 8]
    assert (geneve.version, geneve.oam, geneve.critical, geneve.vni) == (0, 0, 0, 0), whole[:8].hex()
    assert geneve.proto in (IPV4, IPV6), whole[:8].hex()
    end = 8 + 4 * geneve.optionlen
    options = options_of(whole[:end])
    assert [(group, kind, len(data)) for group, kind, data in options] == [(AWS, *one) for one in OPTION_BYTES.items()], options
    return whole[:end], options, inside(whole[end:], geneve.proto)


def inside(data, protocol):
    """The packet without Ethernet header, whole and with a header checksum that holds."""
    if protocol == IPV4:
        packet = IP(data)
        assert packet.version == 4 and packet.len <= len(data), data[:20].hex()
        again = IP(data[:packet.ihl * 4])
        del again.chksum
        assert IP(bytes(again)).chksum == packet.chksum, data[:20].hex()
        return IP(data[:packet.len])
    packet = IPv6(data)
    assert packet.version == 6 and packet.plen + 40 <= len(data), data[:40].hex()
    return IPv6(data[:packet.plen + 40])


def flow_of(packet):
    """The same for both directions; None of what does not say which flow it is of."""
    for layer in (TCP, UDP):
        if layer in packet:
            return (layer.__name__, frozenset([(packet.src, packet[layer].sport), (packet.dst, packet[layer].dport)]))
    for layer in (ICMP, ICMPv6EchoRequest, ICMPv6EchoReply):
        if layer in packet and getattr(packet[layer], "type") in (0, 8, 128, 129):
            return ("echo", packet[layer].id, frozenset([packet.src, packet.dst]))
    return None


def with_unknown(header, options):
    """The header with the options in another order and two that nobody described among them."""
    mixed = [(AWS, 4, b"\0\0\0\1")] + options[::-1] + [(0xFF01, 5, b"whatever")]
    built = [GeneveOptions(classid=group, type=kind, length=len(data) // 4, data=data) for group, kind, data in mixed]
    words = sum(1 + len(data) // 4 for _, _, data in mixed)
    return bytes(GENEVE(optionlen=words, proto=GENEVE(header).proto, vni=0, options=built))


def datagram(to, port, header, packet):
    """Back to the switch: its MAC and IP address, the source port as it came."""
    return Ether(src=near_mac, dst=to[0]) / IP(src=own, dst=to[1], flags="DF") / UDP(sport=port, dport=PORT, chksum=0) / Raw(header + packet)


near_mac, far_mac = mac("eth0"), mac("eth1") if next_host else None
near = conf.L2socket(iface="eth0")
far = conf.L2socket(iface="eth1") if next_host else None
# The kernel has nothing to say to the switch: the port is taken.
taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taken.bind((own, PORT))
print("ready", flush=True)

count, told, answers, flows, owners, endpoints = 0, 0, 0, {}, {}, set()
while True:
    ready = select.select([near] + ([far] if far else []), [], [], 0.1)[0]
    if not ready and count != told:
        print("answers", answers, flush=True)
        print("flows", len(flows), flush=True)
        print("packets", count, flush=True)
        told = count
    for arm in ready:
        packet = arm.recv()
        if packet is None:
            continue
        if arm is far:
            if packet.type not in (IPV4, IPV6) or packet.src != next_host:
                continue
            answer = inside(packet.payload.original, packet.type)
            flow = flow_of(answer)
            if flow in flows:
                switch, port, header, _ = flows[flow]
                answers += 1
                near.send(datagram(switch, port, header, answer.original))
            continue
        if IP not in packet or packet[IP].dst != own or UDP not in packet or packet[UDP].dport != PORT:
            continue
        count += 1
        header, options, packet_inside = read(packet)
        switch, port, cookie = (packet.src, packet[IP].src), packet[UDP].sport, options[2][2]
        endpoints.add(options[0][2])
        assert len(endpoints) == 1, options
        flow = flow_of(packet_inside)
        if flow:
            known = flows.setdefault(flow, (switch, port, header, cookie))
            assert known[3] == cookie and owners.setdefault(cookie, flow) == flow, (flow, known[3].hex(), cookie.hex())
        if far:
            far.send(Ether(src=far_mac, dst=next_host, type=GENEVE(header).proto) / Raw(packet_inside.original))
        else:
            near.send(datagram(switch, port, with_unknown(header, options) if arms == "unknown" else header, packet_inside.original))
