package dev.sluice.datapath.rules;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Seeded rule sets of the kind that ClassBench (Taylor and Turner 2005) describes, of any size: prefixes from a shared tree of networks, skewed lengths, and the five
 * port classes (any, high, low, range, exact). Rules are numbered from 1; an earlier rule has the larger precedence.
 */
final class ClassifierRules {
    /** What the rules look like. */
    enum Kind {
        /** Access lists: long prefixes on both sides, destination ports exact or any. */
        ACL,
        /** Firewalls: one side often any, ports of every class. */
        FW,
        /** IP chains: between the two. */
        IPC
    }

    private static final int[] PROTOCOLS = {6, 6, 6, 6, 17, 17, 17, 1, 47, 50};
    private static final int[] SERVICES = {
        20, 21, 22, 23, 25, 53, 80, 110, 123, 143, 161, 389, 443, 445, 514, 993, 1433, 1521, 3306, 5060, 8080
    };

    private final Random random;
    private final Kind kind;
    private final boolean ipv6;
    private final long[] networks;

    private ClassifierRules(Kind kind, boolean ipv6, int count, long seed) {
        this.random = new Random(seed);
        this.kind = kind;
        this.ipv6 = ipv6;
        this.networks = new long[Math.max(4, count / 40)];
        long[] roots = random.longs(8).toArray();
        for (int i = 0; i < networks.length; i++) {
            long root = roots[random.nextInt(roots.length)];
            networks[i] = ipv6
                    ? 0x2001_0db8_0000_0000L | (root & 0xff00_0000L) | (random.nextLong() & 0xff_ffffL)
                    : (root & 0xff00_0000L) | (random.nextLong() & 0xff_ff00L);
        }
    }

    /** The given number of IPv4 rules, without the default rule at the end. */
    static List<Rule> ipv4(Kind kind, int count, long seed) {
        return new ClassifierRules(kind, false, count, seed).rules(count);
    }

    /** The same for IPv6. */
    static List<Rule> ipv6(Kind kind, int count, long seed) {
        return new ClassifierRules(kind, true, count, seed).rules(count);
    }

    private List<Rule> rules(int count) {
        List<Rule> rules = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            rules.add(rule(i + 1, count - i, List.of(match())));
        }
        return rules;
    }

    /** A rule that drops, with the given identity and matches. */
    static Rule rule(int id, int precedence, List<Match> matches) {
        return new Rule(
                id,
                precedence,
                "test/" + id,
                matches,
                Rule.Action.DROP,
                -1,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.NONE);
    }

    private Match match() {
        boolean anySource = random.nextInt(100) < (kind == Kind.FW ? 45 : kind == Kind.IPC ? 12 : 2);
        boolean anyDestination = random.nextInt(100) < (kind == Kind.FW ? 30 : kind == Kind.IPC ? 10 : 1);
        anyDestination &= !anySource;
        Match match = Match.ANY
                .withFamily(ipv6 ? 6 : 4)
                .withPrefixes(anySource ? null : prefix(), anyDestination ? null : prefix());
        int protocol = random.nextInt(100) < 8 ? -1 : PROTOCOLS[random.nextInt(PROTOCOLS.length)];
        if (protocol < 0) {
            return match;
        }
        match = match.withProtocol(protocol, protocol);
        if (protocol != 6 && protocol != 17) {
            return match;
        }
        int[] source = kind == Kind.ACL || random.nextInt(100) < 70 ? new int[] {0, 65535} : ports();
        int[] destination = ports();
        return match.withPorts(source[0], source[1], destination[0], destination[1]);
    }

    private @Nullable IpPrefix prefix() {
        long network = networks[(int) (Math.pow(random.nextDouble(), 1.5) * networks.length)];
        int pick = random.nextInt(100);
        if (ipv6) {
            int bits = pick < 45 ? 128 : pick < 75 ? 64 : pick < 90 ? 48 + random.nextInt(16) : 32;
            long interfaceId = random.nextInt(64);
            return IpPrefix.around(new IpAddress((network & ~0xffL) | random.nextInt(8), interfaceId), bits);
        }
        int hosts = kind == Kind.ACL ? 55 : 45;
        int bits = pick < hosts
                ? 32
                : pick < hosts + 20 ? 24 : pick < hosts + 38 ? 17 + random.nextInt(15) : 8 + random.nextInt(9);
        return IpPrefix.around(IpAddress.ofIpv4((int) network | random.nextInt(256)), bits);
    }

    private int[] ports() {
        int pick = random.nextInt(100);
        if (pick < 25) {
            return new int[] {0, 65535};
        }
        if (pick < 32) {
            return new int[] {1024, 65535};
        }
        if (pick < 34) {
            return new int[] {0, 1023};
        }
        int low = random.nextInt(3) > 0 ? SERVICES[random.nextInt(SERVICES.length)] : random.nextInt(65536);
        int high = pick < 44 ? Math.min(65535, low + 1 + random.nextInt(3000)) : low;
        return new int[] {low, high};
    }

    /**
     * Fills in a header inside or at an edge of the match, so that it meets most of the conditions; one field in eight is left as another rule or chance
     * would have it.
     */
    static void header(Random random, Match m, PacketFields p) {
        p.family = m.addresses().family() != 0
                ? m.addresses().family()
                : random.nextInt(3) == 0 ? 0 : random.nextInt(2) * 2 + 4;
        if (m.addresses().source() != null) {
            p.family = m.addresses().source().address().isIpv4() ? 4 : 6;
        } else if (m.addresses().destination() != null) {
            p.family = m.addresses().destination().address().isIpv4() ? 4 : 6;
        }
        IpAddress source = address(random, p.family, m.addresses().source());
        IpAddress destination = address(random, p.family, m.addresses().destination());
        p.sourceHi = source.hi();
        p.sourceLo = source.lo();
        p.destinationHi = destination.hi();
        p.destinationLo = destination.lo();
        p.protocol = p.family == 0
                ? 0
                : within(random, m.transport().protocolLow(), m.transport().protocolHigh(), 0, 255);
        p.sourcePort =
                within(random, m.transport().sourcePortLow(), m.transport().sourcePortHigh(), 0, 65535);
        p.destinationPort =
                within(random, m.transport().destinationPortLow(), m.transport().destinationPortHigh(), 0, 65535);
        p.etherType = m.frame().etherType() >= 0 && random.nextInt(8) > 0
                ? m.frame().etherType()
                : p.family == 4 ? 0x0800 : p.family == 6 ? 0x86dd : 0x0806;
        p.sourceMac =
                m.frame().sourceMac() >= 0 && random.nextInt(8) > 0 ? m.frame().sourceMac() : random.nextInt(4);
        p.destinationMac = m.frame().destinationMac() >= 0 && random.nextInt(8) > 0
                ? m.frame().destinationMac()
                : random.nextInt(4);
        p.outerVlan = within(random, m.vlans().outerLow(), m.vlans().outerHigh(), -1, 4095);
        p.innerVlan = within(random, m.vlans().innerLow(), m.vlans().innerHigh(), -1, 4095);
        p.dscp = within(random, m.dscp().low(), m.dscp().high(), 0, 63);
        p.hash = random.nextLong();
        if (random.nextInt(50) == 0) {
            p.family = p.family == 6 ? 4 : 6;
        }
    }

    private static IpAddress address(Random random, int family, @Nullable IpPrefix prefix) {
        if (family == 0) {
            return IpAddress.ANY_V6;
        }
        if (prefix == null) {
            return family == 4
                    ? IpAddress.ofIpv4(random.nextInt())
                    : new IpAddress(0x2001_0db8_0000_0000L | random.nextInt(256), random.nextInt(64));
        }
        int bits = prefix.mappedBits();
        long fill = switch (random.nextInt(3)) {
            case 0 -> 0L;
            case 1 -> -1L;
            default -> random.nextLong();
        };
        long hi = prefix.address().hi() | (fill & ~IpPrefix.maskHi(bits));
        long lo = prefix.address().lo() | (fill & ~IpPrefix.maskLo(bits));
        if (random.nextInt(16) == 0 && bits > (family == 4 ? 96 : 64)) {
            lo ^= 1L << (128 - bits);
        }
        return new IpAddress(hi, lo);
    }

    /** A value at an end of the range, just outside of it, within it, or anywhere. */
    private static int within(Random random, int low, int high, int least, int most) {
        int value = switch (random.nextInt(8)) {
            case 0, 1 -> low;
            case 2, 3 -> high;
            case 4 -> random.nextInt(4) > 0 ? low : random.nextBoolean() ? low - 1 : high + 1;
            case 5 -> random.nextInt(4) > 0 ? high : least + random.nextInt(most - least + 1);
            default -> low >= high ? low : low + random.nextInt(high - low + 1);
        };
        return Math.clamp(value, least, most);
    }
}
