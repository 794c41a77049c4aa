package dev.sluice.bench;

import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Made-up IPv4 rules, with headers that meet them, of the kinds that ClassBench (Taylor and Turner 2005) tells apart. Immutable; the same seed makes the same set.
 *
 * <p>Networks come from a tree with eight roots, some far more often than others; lengths of prefixes, protocols and the five classes of port ranges are as skewed as in access lists.
 * No two rules are alike. The first rule has the highest precedence.
 *
 * @param filters the rules, first one first
 */
record FilterSet(List<Filter> filters) {
    /** What the rules look like: access lists, firewalls, or IP chains. */
    enum Kind {
        ACL(2, 1, 0),
        FW(45, 30, 30),
        IPC(12, 10, 30);

        private final int anySourcePercent;
        private final int anyDestinationPercent;
        private final int sourcePortsPercent;

        Kind(int anySourcePercent, int anyDestinationPercent, int sourcePortsPercent) {
            this.anySourcePercent = anySourcePercent;
            this.anyDestinationPercent = anyDestinationPercent;
            this.sourcePortsPercent = sourcePortsPercent;
        }
    }

    /**
     * One rule. Prefixes are address and bits, ports a range with both ends; protocol -1: any.
     */
    record Filter(
            int source,
            int sourceBits,
            int destination,
            int destinationBits,
            int sourceLow,
            int sourceHigh,
            int destinationLow,
            int destinationHigh,
            int protocol) {
        private String text() {
            return String.format(
                    Locale.ROOT,
                    "@%s/%d\t%s/%d\t%d : %d\t%d : %d\t0x%02x/0x%02x",
                    IpAddress.ofIpv4(source),
                    sourceBits,
                    IpAddress.ofIpv4(destination),
                    destinationBits,
                    sourceLow,
                    sourceHigh,
                    destinationLow,
                    destinationHigh,
                    Math.max(0, protocol),
                    protocol < 0 ? 0 : 0xff);
        }

        Rule rule(int id, int precedence) {
            Match match = Match.ANY
                    .withFamily(4)
                    .withPrefixes(prefix(source, sourceBits), prefix(destination, destinationBits))
                    .withPorts(sourceLow, sourceHigh, destinationLow, destinationHigh);
            return new Rule(
                    id,
                    precedence,
                    "filter/" + id,
                    List.of(protocol < 0 ? match : match.withProtocol(protocol, protocol)),
                    Rule.Action.DROP,
                    -1,
                    Rule.FailureAction.INHERIT,
                    true,
                    PortSides.NONE);
        }

        private static IpPrefix prefix(int address, int bits) {
            return IpPrefix.around(IpAddress.ofIpv4(address), bits);
        }
    }

    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int PORT_MAX = 0xffff;
    private static final int[] PROTOCOLS = {TCP, TCP, TCP, TCP, UDP, UDP, UDP, 1, 47, 50};
    private static final int[] SERVICES = {
        20, 21, 22, 23, 25, 53, 80, 110, 123, 143, 161, 389, 443, 445, 993, 1433, 3306
    };

    FilterSet {
        filters = List.copyOf(filters);
    }

    static FilterSet of(Kind kind, int count, long seed) {
        Random random = new Random(seed);
        int[] roots = random.ints(8).map(root -> root & 0xff00_0000).toArray();
        int[] networks = random.ints(Math.max(4, count / 40))
                .map(network -> roots[(network & 0x7fff_ffff) % roots.length] | (network & 0x00ff_ff00))
                .toArray();
        Set<Filter> chosen = new HashSet<>();
        List<Filter> filters = new ArrayList<>();
        while (filters.size() < count) {
            Filter filter = filter(kind, random, networks);
            if (chosen.add(filter)) {
                filters.add(filter);
            }
        }
        return new FilterSet(filters);
    }

    private static Filter filter(Kind kind, Random random, int[] networks) {
        boolean anySource = chance(random, kind.anySourcePercent);
        boolean anyDestination = !anySource && chance(random, kind.anyDestinationPercent);
        int sourceBits = anySource ? 0 : bits(kind, random);
        int destinationBits = anyDestination ? 0 : bits(kind, random);
        int protocol = chance(random, 8) ? -1 : PROTOCOLS[random.nextInt(PROTOCOLS.length)];
        boolean withPorts = protocol == TCP || protocol == UDP;
        int[] source = withPorts && chance(random, kind.sourcePortsPercent) ? ports(random) : new int[] {0, PORT_MAX};
        int[] destination = withPorts ? ports(random) : new int[] {0, PORT_MAX};
        return new Filter(
                address(random, networks, sourceBits),
                sourceBits,
                address(random, networks, destinationBits),
                destinationBits,
                source[0],
                source[1],
                destination[0],
                destination[1],
                protocol);
    }

    private static boolean chance(Random random, int percent) {
        return random.nextInt(100) < percent;
    }

    private static int address(Random random, int[] networks, int bits) {
        int network = networks[(int) (Math.pow(random.nextDouble(), 1.5) * networks.length)];
        return bits == 0 ? 0 : (network | random.nextInt(256)) & -1 << (32 - bits);
    }

    private static int bits(Kind kind, Random random) {
        int hosts = kind == Kind.ACL ? 55 : 45;
        int pick = random.nextInt(100);
        if (pick < hosts) {
            return 32;
        }
        if (pick < hosts + 20) {
            return 24;
        }
        return pick < hosts + 38 ? 17 + random.nextInt(15) : 8 + random.nextInt(9);
    }

    private static int[] ports(Random random) {
        int pick = random.nextInt(100);
        if (pick < 25) {
            return new int[] {0, PORT_MAX};
        }
        if (pick < 34) {
            return pick < 32 ? new int[] {1024, PORT_MAX} : new int[] {0, 1023};
        }
        int low = random.nextInt(3) > 0 ? SERVICES[random.nextInt(SERVICES.length)] : random.nextInt(PORT_MAX + 1);
        return new int[] {low, pick < 44 ? Math.min(PORT_MAX, low + 1 + random.nextInt(3000)) : low};
    }

    /** Headers inside of rules drawn at random; one field in eight is as chance has it. */
    PacketFields[] headers(int count, long seed) {
        Random random = new Random(seed);
        PacketFields[] headers = new PacketFields[count];
        for (int i = 0; i < count; i++) {
            Filter filter = filters.get(random.nextInt(filters.size()));
            PacketFields p = new PacketFields();
            p.family = 4;
            p.etherType = 0x0800;
            p.outerVlan = -1;
            p.innerVlan = -1;
            p.sourceLo = IpAddress.ofIpv4(inside(random, filter.source, filter.sourceBits))
                    .lo();
            p.destinationLo = IpAddress.ofIpv4(inside(random, filter.destination, filter.destinationBits))
                    .lo();
            p.protocol = filter.protocol < 0 ? PROTOCOLS[random.nextInt(PROTOCOLS.length)] : filter.protocol;
            p.sourcePort = within(random, filter.sourceLow, filter.sourceHigh);
            p.destinationPort = within(random, filter.destinationLow, filter.destinationHigh);
            headers[i] = p;
        }
        return headers;
    }

    private static int inside(Random random, int network, int bits) {
        int fixed = random.nextInt(8) == 0 ? bits / 2 : bits;
        int free = random.nextInt();
        return fixed == 32 ? network : fixed == 0 ? free : (network & -1 << (32 - fixed)) | free >>> fixed;
    }

    private static int within(Random random, int low, int high) {
        return random.nextInt(8) == 0 ? random.nextInt(PORT_MAX + 1) : low + random.nextInt(high - low + 1);
    }

    /** As rules, numbered from 1. */
    List<Rule> rules() {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < filters.size(); i++) {
            rules.add(filters.get(i).rule(i + 1, filters.size() - i));
        }
        return rules;
    }

    /** Writes the rules in ClassBench's format. */
    void write(Path file) {
        writeLines(file, filters.stream().map(Filter::text).collect(Collectors.joining("\n", "", "\n")));
    }

    /** Writes headers in ClassBench's format. */
    static void write(Path file, PacketFields[] headers) {
        StringBuilder text = new StringBuilder();
        for (PacketFields p : headers) {
            text.append(Integer.toUnsignedString((int) p.sourceLo)).append('\t');
            text.append(Integer.toUnsignedString((int) p.destinationLo)).append('\t');
            text.append(p.sourcePort).append('\t').append(p.destinationPort).append('\t');
            text.append(p.protocol).append('\n');
        }
        writeLines(file, text.toString());
    }

    private static void writeLines(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
