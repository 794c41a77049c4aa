package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What tshark has to say of a packet: for each field its values in the order of the headers, outer ones first. */
final class TsharkFields {
    static final List<String> NAMES = List.of(
            "_ws.malformed",
            "eth.dst",
            "eth.src",
            "eth.type",
            "vlan.priority",
            "vlan.dei",
            "vlan.id",
            "vlan.etype",
            "ip.src",
            "ip.dst",
            "ip.hdr_len",
            "ip.len",
            "ip.id",
            "ip.dsfield",
            "ip.flags.df",
            "ip.frag_offset",
            "ip.ttl",
            "ip.proto",
            "ip.checksum.status",
            "ipv6.src",
            "ipv6.dst",
            "ipv6.plen",
            "ipv6.nxt",
            "ipv6.hlim",
            "ipv6.tclass",
            "ipv6.flow",
            "udp.srcport",
            "udp.dstport",
            "udp.length",
            "udp.checksum.status",
            "geneve.version",
            "geneve.flags.oam",
            "geneve.flags.critical",
            "geneve.flags.reserved",
            "geneve.proto_type",
            "geneve.vni",
            "geneve.option.class",
            "geneve.option.type",
            "geneve.option.type.critical",
            "geneve.option.length",
            "geneve.option.unknown.data",
            "vxlan.i_bit",
            "vxlan.p_bit",
            "vxlan.o_bit",
            "vxlan.ver",
            "vxlan.next_proto",
            "vxlan.flag_i",
            "vxlan.vni",
            "gre.flags_and_version",
            "gre.proto",
            "gre.key",
            "gre.sequence_number",
            "nsh.version",
            "nsh.Obit",
            "nsh.ttl",
            "nsh.length",
            "nsh.mdtype",
            "nsh.nextproto",
            "nsh.spi",
            "nsh.si",
            "nsh.contextheader",
            "nsh.metadataclass",
            "nsh.metadatatype",
            "nsh.metadataunassignedbit",
            "nsh.metadatalen",
            "nsh.metadata");

    private static final int GOOD = 1;
    private static final int NOT_PRESENT = 3;
    private static final int ILLEGAL = 4;

    private final Map<String, List<String>> values = new HashMap<>();

    private TsharkFields() {}

    static TsharkFields of(OverlayPacket packet) {
        TsharkFields fields = new TsharkFields();
        fields.link(packet);
        if (packet.underlay() != null && packet.tunnel() != null) {
            fields.underlay(packet, packet.underlay(), packet.tunnel());
            switch (packet.tunnel()) {
                case GeneveHeader geneve -> fields.geneve(geneve);
                case VxlanHeader vxlan -> fields.add("vxlan.flag_i", 1).add("vxlan.vni", vxlan.vni());
                case VxlanGpeHeader gpe -> fields.gpe(gpe);
                case GreHeader gre -> fields.gre(gre);
            }
        }
        NshHeader nsh = packet.nsh();
        if (nsh != null) {
            fields.nsh(nsh);
        }
        fields.inner(packet);
        return fields;
    }

    String expected(String name) {
        return String.join(",", values.getOrDefault(name, List.of()));
    }

    /** What tshark printed, numbers in decimal. */
    static String plain(String name, String printed) {
        boolean text = switch (name) {
            case "nsh.contextheader", "nsh.metadata", "geneve.option.unknown.data" -> true;
            default -> false;
        };
        if (text || printed.isEmpty()) {
            return printed;
        }
        return List.of(printed.split(",")).stream()
                .map(one -> one.startsWith("0x") ? Long.toString(Long.decode(one)) : one)
                .collect(Collectors.joining(","));
    }

    private TsharkFields add(String name, Object value) {
        values.computeIfAbsent(name, key -> new ArrayList<>()).add(value.toString());
        return this;
    }

    private void link(OverlayPacket packet) {
        int type = packet.underlay() == null
                ? EtherTypes.NSH
                : packet.underlay().from().isIpv4() ? EtherTypes.IPV4 : EtherTypes.IPV6;
        add("eth.dst", OverlayPacket.NEXT_HOP).add("eth.src", OverlayPacket.PORT);
        int tci = packet.vlanTci();
        if (tci < 0) {
            add("eth.type", type);
            return;
        }
        add("eth.type", EtherTypes.VLAN).add("vlan.etype", type);
        add("vlan.priority", tci >>> 13).add("vlan.dei", tci >>> 12 & 1).add("vlan.id", tci & 0xfff);
    }

    private void underlay(OverlayPacket packet, Underlay underlay, TunnelHeader tunnel) {
        int bytes = (int) packet.frame().byteSize() - packet.template().ipOffset();
        boolean four = underlay.from().isIpv4();
        if (four) {
            ipv4(underlay.from(), underlay.to(), bytes, packet.identification(), packet.outerTos());
            add("ip.flags.df", underlay.dontFragment() ? 1 : 0)
                    .add("ip.ttl", underlay.ttl())
                    .add("ip.proto", tunnel.ipProtocol());
        } else {
            add("ipv6.src", underlay.from()).add("ipv6.dst", underlay.to()).add("ipv6.plen", bytes - 40);
            add("ipv6.nxt", tunnel.ipProtocol()).add("ipv6.hlim", underlay.ttl());
            add("ipv6.tclass", packet.outerTos()).add("ipv6.flow", OuterUdp.flowLabel(packet.flowHash()));
        }
        if (tunnel.port() != 0) {
            add("udp.srcport", OuterUdp.sourcePort(packet.flowHash())).add("udp.dstport", tunnel.port());
            add("udp.length", bytes - (four ? 20 : 40));
            // tshark knows of no agreement on datagrams without checksum over IPv6 (RFC 6935 5).
            add("udp.checksum.status", underlay.checksum() ? GOOD : four ? NOT_PRESENT : ILLEGAL);
        }
    }

    private void ipv4(IpAddress from, IpAddress to, int bytes, int identification, int tos) {
        add("ip.src", from).add("ip.dst", to).add("ip.hdr_len", 20).add("ip.len", bytes);
        add("ip.id", identification).add("ip.dsfield", tos).add("ip.frag_offset", 0);
        add("ip.checksum.status", GOOD);
    }

    private void geneve(GeneveHeader geneve) {
        add("geneve.version", 0).add("geneve.flags.oam", geneve.control() ? 1 : 0);
        add("geneve.flags.critical", geneve.options().stream().anyMatch(GeneveOption::isCritical) ? 1 : 0);
        add("geneve.flags.reserved", 0)
                .add("geneve.proto_type", geneve.protocol())
                .add("geneve.vni", geneve.vni());
        // The same name stands for the length of all options and for that of each.
        add("geneve.option.length", geneve.headerBytes() - 8);
        for (GeneveOption option : geneve.options()) {
            add("geneve.option.class", option.optionClass()).add("geneve.option.type", option.type());
            add("geneve.option.type.critical", option.isCritical() ? 1 : 0);
            add("geneve.option.length", option.optionBytes());
            add("geneve.option.unknown.data", option.data().isEmpty() ? "<MISSING>" : option.data());
        }
    }

    private void gpe(VxlanGpeHeader gpe) {
        add("vxlan.i_bit", 1).add("vxlan.p_bit", 1).add("vxlan.o_bit", gpe.oam() ? 1 : 0);
        add("vxlan.ver", 0).add("vxlan.next_proto", gpe.nextProtocol()).add("vxlan.vni", gpe.vni());
    }

    private void gre(GreHeader gre) {
        add("gre.flags_and_version", (gre.key() >= 0 ? 0x2000 : 0) | (gre.sequence() >= 0 ? 0x1000 : 0));
        add("gre.proto", gre.protocol());
        if (gre.key() >= 0) {
            add("gre.key", gre.key());
        }
        if (gre.sequence() >= 0) {
            add("gre.sequence_number", gre.sequence());
        }
    }

    private void nsh(NshHeader nsh) {
        add("nsh.version", 0).add("nsh.Obit", nsh.oam() ? 1 : 0).add("nsh.ttl", nsh.ttl());
        add("nsh.length", nsh.headerBytes() / 4)
                .add("nsh.mdtype", nsh.metadata().mdType());
        add("nsh.nextproto", nsh.nextProtocol()).add("nsh.spi", nsh.spi()).add("nsh.si", nsh.si());
        switch (nsh.metadata()) {
            case NshHeader.Fixed fixed -> {
                for (int i = 0; i < 32; i += 8) {
                    add("nsh.contextheader", fixed.data().substring(i, i + 8));
                }
            }
            case NshHeader.Variable variable -> variable.contexts().forEach(this::context);
        }
    }

    private void context(NshContextHeader context) {
        add("nsh.metadataclass", context.mdClass()).add("nsh.metadatatype", context.type());
        add("nsh.metadataunassignedbit", 0)
                .add("nsh.metadatalen", context.value().length() / 2);
        if (!context.value().isEmpty()) {
            add("nsh.metadata", context.value());
        }
    }

    private void inner(OverlayPacket packet) {
        MemorySegment f = packet.inner();
        int at = 0;
        if (packet.innerType() == EtherTypes.TEB) {
            EthernetHeader header = EthernetHeader.read(f, 0);
            add("eth.dst", header.destination()).add("eth.src", header.source()).add("eth.type", header.etherType());
            at = Ethernet.BYTES;
        }
        if (Ipv4.version(f, at) == 4) {
            Ipv4Header ip = Ipv4Header.read(f, at);
            ipv4(ip.source(), ip.destination(), ip.totalLength(), ip.identification(), ip.tos());
            add("ip.flags.df", 0).add("ip.ttl", ip.ttl()).add("ip.proto", ip.protocol());
        } else {
            Ipv6Header ip = Ipv6Header.read(f, at);
            add("ipv6.src", ip.source()).add("ipv6.dst", ip.destination()).add("ipv6.plen", ip.payloadLength());
            add("ipv6.nxt", ip.nextHeader()).add("ipv6.hlim", ip.hopLimit());
            add("ipv6.tclass", ip.trafficClass()).add("ipv6.flow", ip.flowLabel());
        }
    }
}
