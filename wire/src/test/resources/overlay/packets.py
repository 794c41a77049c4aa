"""Builds random packets of the overlay with Scapy: packets.py SEED COUNT FILE.pcap

Prints one line for each packet: what it holds, in the words of the Java records that have to be read from it.
What Scapy 2.5 gets wrong is given explicitly: the length of Geneve options (it loses a bit) and the context headers of NSH (it
counts their length in words, RFC 8300 2.5.1 in bytes).
"""

import random
import struct
import sys

from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.contrib.nsh import NSH
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw
from scapy.utils import wrpcap

IPV4, IPV6, TEB, NSH_TYPE = 0x0800, 0x86DD, 0x6558, 0x894F
NEXT = {IPV4: 1, IPV6: 2, TEB: 3, NSH_TYPE: 4}


def rand_bytes(count):
    return bytes(random.getrandbits(8) for _ in range(count))


def word(value):
    return "true" if value else "false"


def inner(kind):
    payload = Raw(rand_bytes(random.randrange(60)))
    if kind == IPV4 or (kind == TEB and random.random() < 0.5):
        packet = IP(src="10.0.0.1", dst="10.0.0.2", proto=253, tos=random.randrange(256)) / payload
    else:
        packet = IPv6(src="2001:db8:9::1", dst="2001:db8:9::2", nh=253, tc=random.randrange(256)) / payload
    return Ether(dst="02:00:00:00:00:0b", src="02:00:00:00:00:0a") / packet if kind == TEB else packet


def geneve(protocol, gwlb):
    options, words = [], []
    if gwlb:
        listed = [(0x0108, 1, rand_bytes(8)), (0x0108, 2, rand_bytes(8)), (0x0108, 3, rand_bytes(4))]
        random.shuffle(listed)
    else:
        listed = [
            (random.randrange(0x10000), random.randrange(256), rand_bytes(4 * random.randrange(9)))
            for _ in range(random.randrange(6))
        ]
    for number, kind, data in listed:
        options.append(GeneveOptions(classid=number, type=kind, length=len(data) // 4, data=data))
        words.append(f"GeneveOption[optionClass={number}, type={kind}, data={data.hex()}]")
    control, vni = random.randrange(2), random.randrange(1 << 24)
    critical = int(any(kind >= 128 for _, kind, _ in listed))
    length = sum(4 + len(data) for _, _, data in listed) // 4
    header = GENEVE(
        optionlen=length, oam=control, critical=critical, reserved=random.randrange(64), proto=protocol, vni=vni,
        reserved2=random.randrange(256), options=options)
    text = f"GeneveHeader[control={word(control)}, protocol={protocol}, vni={vni}, options=[{', '.join(words)}]]"
    return header, text


def nsh(next_type):
    fields = dict(
        oam=random.randrange(2), unused1=random.randrange(2), ttl=random.randrange(64), unused2=random.randrange(16),
        nextproto=NEXT[next_type], spi=random.randrange(1 << 24), si=random.randrange(256))
    if random.random() < 0.3:
        context = rand_bytes(16)
        header = NSH(mdtype=1, length=6, context_header=context, **fields)
        metadata = f"Fixed[data={context.hex()}]"
    else:
        listed = []
        for _ in range(random.randrange(5)):
            size = random.choice([0, 1, 3, 4, 5, 8, 20, 40])
            listed.append((random.choice([0, 0xFFF6, random.randrange(0x10000)]), random.randrange(256), rand_bytes(size)))
        # Padding is not zero here: a receiver must not look at it. Bit U is set at random: it must be ignored.
        raw = b"".join(
            struct.pack("!HBB", number, kind, len(value) | random.randrange(2) << 7) + value + rand_bytes(-len(value) % 4)
            for number, kind, value in listed)
        header = NSH(mdtype=2, length=2 + len(raw) // 4, **fields) / Raw(raw)
        words = [f"NshContextHeader[mdClass={number}, type={kind}, value={value.hex()}]" for number, kind, value in listed]
        metadata = f"Variable[contexts=[{', '.join(words)}]]"
    text = (
        f"NshHeader[oam={word(fields['oam'])}, ttl={fields['ttl']}, nextProtocol={fields['nextproto']}, "
        f"spi={fields['spi']}, si={fields['si']}, metadata={metadata}]")
    return header, text


def tunnel(kind, announced):
    """Header, its words, and UDP port; 0 for GRE."""
    vni = random.randrange(1 << 24)
    if kind in ("geneve", "gwlb"):
        return (*geneve(announced, kind == "gwlb"), 6081)
    if kind == "vxlan":
        return VXLAN(flags=8, reserved1=random.randrange(1 << 24), vni=vni, reserved2=random.randrange(256)), f"VxlanHeader[vni={vni}]", 4789
    if kind == "gpe":
        oam, number = random.randrange(2), NEXT[announced]
        header = VXLAN(flags=0x0C | oam, reserved0=random.randrange(0x10000), NextProtocol=number, vni=vni)
        return header, f"VxlanGpeHeader[oam={word(oam)}, nextProtocol={number}, vni={vni}]", 4790
    key = random.choice([None, random.getrandbits(32)])
    sequence = random.choice([None, random.getrandbits(32)])
    header = GRE(
        proto=announced, chksum_present=random.randrange(2), key_present=int(key is not None),
        seqnum_present=int(sequence is not None), key=key or 0, seqence_number=sequence or 0)
    text = f"GreHeader[protocol={announced}, key={-1 if key is None else key}, sequence={-1 if sequence is None else sequence}]"
    return header, text, 0


def packet():
    kind = random.choice(["geneve", "gwlb", "vxlan", "gpe", "gre", "nsh"])
    inner_type = random.choice([IPV4, IPV6] if kind == "gwlb" else [TEB] if kind == "vxlan" else [TEB, IPV4, IPV6])
    with_nsh = kind == "nsh" or (kind in ("geneve", "gpe", "gre") and random.random() < 0.6)
    announced = NSH_TYPE if with_nsh else inner_type
    content = inner(inner_type)
    words = [bytes(content).hex()]
    if with_nsh:
        header, text = nsh(inner_type)
        content = header / content
        words.insert(0, text)
    link = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
    if random.random() < 0.3:
        link = link / Dot1Q(vlan=random.randrange(4095), prio=random.randrange(8))
    if kind == "nsh":
        last = link.lastlayer()
        last.type = NSH_TYPE
        return link / content, words
    header, text, port = tunnel(kind, announced)
    words.insert(0, text)
    content = header / content
    four = random.random() < 0.5
    if port:
        # Over IPv6 Scapy computes the checksum; over IPv4 it does so every other time.
        none = four and random.random() < 0.5
        content = UDP(sport=random.randrange(49152, 65536), dport=port, chksum=0 if none else None) / content
    protocol = 17 if port else 47
    if four:
        outer = IP(src="192.0.2.1", dst="192.0.2.2", proto=protocol, id=random.randrange(65536), tos=random.randrange(256))
    else:
        outer = IPv6(src="2001:db8::1", dst="2001:db8::2", nh=protocol, tc=random.randrange(256), fl=random.randrange(1 << 20))
    return link / outer / content, words


def main():
    seed, count, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    random.seed(seed)
    frames = []
    for _ in range(count):
        built, words = packet()
        frames.append(bytes(built))
        print("|".join(words))
    wrpcap(file, [Raw(frame) for frame in frames], linktype=1)


main()
