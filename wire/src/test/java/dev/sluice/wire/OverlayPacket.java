package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A random packet of the overlay: what it was made from and its bytes, in a segment of exactly their length.
 *
 * @param underlay null for NSH on Ethernet
 * @param tunnel null for NSH on Ethernet
 * @param vlanTci tag of the outer link header, or -1
 * @param behind what stands between tunnel header and inner packet
 * @param innerType Ethernet type of the inner packet
 */
record OverlayPacket(
        Format format,
        @Nullable Underlay underlay,
        @Nullable TunnelHeader tunnel,
        int vlanTci,
        List<OverlayHeader> behind,
        int innerType,
        MemorySegment inner,
        int innerTos,
        int flowHash,
        int identification,
        OverlayTemplate template,
        MemorySegment frame) {
    enum Format {
        GENEVE_NSH,
        GENEVE,
        GENEVE_GWLB,
        VXLAN,
        GPE_NSH,
        GPE,
        NSH_ON_ETHERNET,
        GRE
    }

    static final MacAddress NEXT_HOP = new MacAddress(0x0200_0000_0002L);
    static final MacAddress PORT = new MacAddress(0x0200_0000_0001L);
    private static final int[] TYPES = {EtherTypes.TEB, EtherTypes.IPV4, EtherTypes.IPV6};

    static OverlayPacket random(Random random, Format format) {
        int innerType = switch (format) {
            case VXLAN -> EtherTypes.TEB;
            case GENEVE_GWLB -> TYPES[1 + random.nextInt(2)];
            default -> TYPES[random.nextInt(3)];
        };
        List<OverlayHeader> behind = new ArrayList<>();
        boolean nsh = format == Format.GENEVE_NSH
                || format == Format.GPE_NSH
                || format == Format.NSH_ON_ETHERNET
                || (format == Format.GRE && random.nextInt(3) == 0);
        if (nsh) {
            behind.add(nsh(random, innerType));
        }
        int announced = nsh ? EtherTypes.NSH : innerType;
        TunnelHeader tunnel = tunnel(random, format, announced);
        int vlanTci = random.nextInt(3) == 0 ? random.nextInt(0x10000) : Underlay.UNTAGGED;
        int tos = random.nextInt(256);
        MemorySegment inner = inner(random, innerType, tos);
        Underlay underlay = tunnel == null ? null : underlay(random, vlanTci);
        OverlayTemplate template = underlay == null || tunnel == null
                ? OverlayTemplate.nshOnEthernet(NEXT_HOP, PORT, vlanTci, (NshHeader) behind.get(0))
                : OverlayTemplate.tunnel(underlay, tunnel, behind.toArray(OverlayHeader[]::new));
        int hash = random.nextInt();
        int id = random.nextInt(0x10000);
        MemorySegment frame = SampleFrames.zeros(template.headerBytes() + (int) inner.byteSize());
        MemorySegment.copy(inner, 0, frame, template.headerBytes(), inner.byteSize());
        template.push(frame, template.headerBytes(), (int) inner.byteSize(), hash, tos, id);
        return new OverlayPacket(
                format, underlay, tunnel, vlanTci, behind, innerType, inner, tos, hash, id, template, frame);
    }

    private static @Nullable TunnelHeader tunnel(Random random, Format format, int announced) {
        int vni = random.nextInt(1 << 24);
        return switch (format) {
            case GENEVE, GENEVE_NSH -> new GeneveHeader(random.nextInt(4) == 0, announced, vni, options(random));
            case GENEVE_GWLB -> new GeneveHeader(false, announced, vni, gwlb(random));
            case VXLAN -> new VxlanHeader(vni);
            case GPE, GPE_NSH -> new VxlanGpeHeader(random.nextInt(4) == 0, gpeNext(announced), vni);
            case NSH_ON_ETHERNET -> null;
            case GRE -> new GreHeader(announced, number(random), number(random));
        };
    }

    private static long number(Random random) {
        return random.nextBoolean() ? -1 : random.nextInt() & 0xffff_ffffL;
    }

    private static int gpeNext(int announced) {
        return switch (announced) {
            case EtherTypes.IPV4 -> VxlanGpe.NEXT_IPV4;
            case EtherTypes.IPV6 -> VxlanGpe.NEXT_IPV6;
            case EtherTypes.NSH -> VxlanGpe.NEXT_NSH;
            default -> VxlanGpe.NEXT_ETHERNET;
        };
    }

    private static List<GeneveOption> options(Random random) {
        List<GeneveOption> options = new ArrayList<>();
        int room = Geneve.OPTION_BYTES_MAX;
        for (int count = random.nextInt(6); count > 0; count--) {
            int words = Math.min(random.nextInt(8) == 0 ? random.nextInt(32) : random.nextInt(4), room / 4 - 1);
            // Classes 0x0200 and on: none that another implementation would look into.
            GeneveOption option = new GeneveOption(
                    0x0200 + random.nextInt(0xfe00), random.nextInt(256), hex(random, Math.max(words, 0) * 4));
            room -= option.optionBytes();
            if (room >= 0) {
                options.add(option);
            }
        }
        return options;
    }

    private static List<GeneveOption> gwlb(Random random) {
        List<GeneveOption> options = new ArrayList<>(List.of(
                new GeneveOption(0x0108, 1, hex(random, 8)),
                new GeneveOption(0x0108, 2, hex(random, 8)),
                new GeneveOption(0x0108, 3, hex(random, 4))));
        options.add(random.nextInt(4), new GeneveOption(0x0108, 4, hex(random, 4)));
        return options;
    }

    private static NshHeader nsh(Random random, int innerType) {
        int next = switch (innerType) {
            case EtherTypes.IPV4 -> Nsh.NEXT_IPV4;
            case EtherTypes.IPV6 -> Nsh.NEXT_IPV6;
            default -> Nsh.NEXT_ETHERNET;
        };
        NshHeader.Metadata metadata = random.nextInt(4) == 0
                ? new NshHeader.Fixed(hex(random, 16))
                : new NshHeader.Variable(contexts(random));
        return new NshHeader(
                random.nextInt(4) == 0,
                random.nextInt(64),
                next,
                random.nextInt(1 << 24),
                random.nextInt(256),
                metadata);
    }

    private static List<NshContextHeader> contexts(Random random) {
        List<NshContextHeader> contexts = new ArrayList<>();
        int room = Nsh.BYTES_MAX - Nsh.BYTES;
        for (int count = random.nextInt(7); count > 0; count--) {
            NshContextHeader context = context(random);
            room -= context.contextBytes();
            if (room >= 0) {
                contexts.add(context);
            }
        }
        return contexts;
    }

    private static NshContextHeader context(Random random) {
        return switch (random.nextInt(9)) {
            case 0 -> NshContextHeader.of32(NshContext.TENANT, random.nextInt());
            case 1 -> NshContextHeader.of32(NshContext.INGRESS_NODE, random.nextInt());
            case 2 -> NshContextHeader.of32(NshContext.INGRESS_INTERFACE, random.nextInt());
            case 3 -> NshContextHeader.of64(NshContext.FLOW_ID, random.nextLong());
            case 4 -> NshContextHeader.groups(random.nextInt(), random.nextInt());
            case 5 -> NshContextHeader.of32(NshContext.POLICY_ID, random.nextInt());
            case 6 ->
                NshContextHeader.sluice(random.nextInt(256), random.nextInt(), random.nextInt(), random.nextLong());
            case 7 ->
                new NshContextHeader(random.nextInt(0x10000), random.nextInt(256), hex(random, random.nextInt(10)));
            default ->
                new NshContextHeader(random.nextInt(0x10000), random.nextInt(256), hex(random, random.nextInt(128)));
        };
    }

    private static Underlay underlay(Random random, int vlanTci) {
        boolean four = random.nextBoolean();
        return new Underlay(
                NEXT_HOP,
                PORT,
                vlanTci,
                four ? IpAddress.ofIpv4(0xc000_0201) : new IpAddress(0x2001_0db8_0000_0000L, random.nextLong()),
                four ? IpAddress.ofIpv4(0xc633_6400 | random.nextInt(256)) : new IpAddress(0x2001_0db8_0000_0001L, 2),
                1 + random.nextInt(255),
                random.nextBoolean() ? Underlay.INHERIT : random.nextInt(64),
                random.nextBoolean(),
                random.nextBoolean());
    }

    /** A packet of IP protocol 253 (experiments, RFC 3692), which nobody looks into. */
    private static MemorySegment inner(Random random, int type, int tos) {
        boolean frame = type == EtherTypes.TEB;
        boolean four = type == EtherTypes.IPV4 || (frame && random.nextBoolean());
        int at = frame ? Ethernet.BYTES : 0;
        int payload = random.nextInt(64);
        MemorySegment f = SampleFrames.zeros(at + (four ? Ipv4.BYTES : Ipv6.BYTES) + payload);
        byte[] content = new byte[payload];
        random.nextBytes(content);
        MemorySegment.copy(content, 0, f, Layouts.U8, f.byteSize() - payload, payload);
        if (frame) {
            Ethernet.setAddresses(f, 0, 0x0200_0000_000bL, 0x0200_0000_000aL);
            Ethernet.setEtherType(f, 0, four ? EtherTypes.IPV4 : EtherTypes.IPV6);
        }
        if (four) {
            Ipv4.setVersionAndHeaderBytes(f, at, Ipv4.BYTES);
            Ipv4.setTos(f, at, tos);
            Ipv4.setTotalLength(f, at, Ipv4.BYTES + payload);
            Ipv4.setTtl(f, at, 64);
            Ipv4.setProtocol(f, at, 253);
            Ipv4.setSource(f, at, 0x0a00_0001);
            Ipv4.setDestination(f, at, 0x0a00_0002);
            Ipv4.updateChecksum(f, at);
        } else {
            Ipv6.setVersionClassLabel(f, at, tos, 0x12345);
            Ipv6.setPayloadLength(f, at, payload);
            Ipv6.setNextHeader(f, at, 253);
            Ipv6.setHopLimit(f, at, 64);
            Ipv6.setSource(f, at, 0x2001_0db8_0000_0009L, 1);
            Ipv6.setDestination(f, at, 0x2001_0db8_0000_0009L, 2);
        }
        return f;
    }

    private static String hex(Random random, int bytes) {
        byte[] data = new byte[bytes];
        random.nextBytes(data);
        return HexFormat.of().formatHex(data);
    }

    /** The tunnel header of a type, which must be there. */
    <T> @Nullable T tunnel(Class<T> type) {
        return type.isInstance(tunnel) ? type.cast(tunnel) : null;
    }

    /** The network service header, or null. */
    @Nullable
    NshHeader nsh() {
        return behind.isEmpty() ? null : (NshHeader) behind.get(0);
    }

    /** DSCP and ECN that the outer header must have. */
    int outerTos() {
        return underlay == null || underlay.dscp() == Underlay.INHERIT
                ? innerTos
                : underlay.dscp() << 2 | (innerTos & 3);
    }
}
