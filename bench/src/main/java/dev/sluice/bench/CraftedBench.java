package dev.sluice.bench;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.IpProtocols;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * F10: traffic made up against the classifier and the connection table, beside ordinary traffic in the same run, in memory, one core.
 *
 * <p>Classifier: packets of new flows through the whole data path, whose fields lie one bit beside those of the rules, so that they pass as many tables as can be; ordinary ones are of hosts that few rules
 * name. Table: the time of one packet's pass, and beside it the same with what the table takes longer for flow hashes that 16 flows have each, as of someone who knows the hash function, but not the seed.
 */
final class CraftedBench {
    private static final int RULES = 10_000;
    private static final int FIELDS = 1 << 12;
    private static final int LOOKUPS = 2_000_000;
    private static final int ROUND_FLOWS = 1 << 18;
    private static final int ROOM = 1 << 17;
    private static final int FLOWS = 1 << 16;
    private static final double GOAL = 0.8;
    private static final long NOW_NS = 1_000_000_000L;

    private CraftedBench() {}

    static int run(Options options) {
        Report report = new Report("crafted", "crafted look-ups per second beside ordinary ones (F10)");
        List<Rule> rules = rules();
        Classifier classifier = Classifier.of(rules);
        PacketFields[] ordinary = new PacketFields[FIELDS];
        PacketFields[] crafted = new PacketFields[FIELDS];
        for (int i = 0; i < FIELDS; i++) {
            ordinary[i] = ordinary(i);
            crafted[i] = beside(i);
        }
        report.fact("rules", RULES);
        report.fact("tables that a look-up probes at most", classifier.tables());
        report.fact("entries that a probe compares at most", classifier.longestSlot());
        List<Double> classifierRatios = new ArrayList<>();
        List<Double> tableRatios = new ArrayList<>();
        try (MemoryTraffic traffic = new MemoryTraffic(ROOM, BridgePath.snapshot(1, rules));
                MemoryTraffic hits = new MemoryTraffic(FLOWS, BridgePath.snapshot());
                ConnectionTable table = ConnectionTable.open(2 * FLOWS, 42, TrackerTimeouts.DEFAULT)) {
            hits.establish();
            PacketFields[] spread = flows(table, false);
            PacketFields[] colliding = flows(table, true);
            for (int round = 0; round <= options.rounds(); round++) {
                double craftedNs = traffic.time(crafted, ROUND_FLOWS);
                double classifierRatio = traffic.time(ordinary, ROUND_FLOWS) / craftedNs;
                double moreNs = tableNs(table, colliding) - tableNs(table, spread);
                double packetNs = (double) hits.time(FLOWS * 16L, MemoryTraffic.HITS_ONLY) / (FLOWS * 16L);
                double tableRatio = packetNs / (packetNs + Math.max(0, moreNs));
                if (round > 0) {
                    classifierRatios.add(classifierRatio);
                    tableRatios.add(tableRatio);
                    report.line(String.format(
                            Locale.ROOT,
                            "round %d  new flows %.2f of ordinary   packets of colliding flows %.2f of ordinary",
                            round,
                            classifierRatio,
                            tableRatio));
                }
            }
        }
        Series ofClassifier = new Series(classifierRatios);
        Series ofTable = new Series(tableRatios);
        report.fact("new flows, crafted of ordinary", ofClassifier.toString());
        report.fact("packets, colliding of ordinary", ofTable.toString());
        boolean met = ofClassifier.median() >= GOAL && ofTable.median() >= GOAL;
        report.fact("F10, >= 0.8", met ? "met" : "not met");
        report.write();
        return met ? 0 : 1;
    }

    /** What the data path does in the table for a packet, in ns. */
    private static double tableNs(ConnectionTable table, PacketFields[] fields) {
        long[] hash = new long[1];
        long found = 0;
        long start = MemoryTraffic.processorNs();
        for (int i = 0; i < LOOKUPS; i++) {
            PacketFields key = fields[i & (fields.length - 1)];
            hash[0] = key.hash;
            found += table.fetch(hash, 1) & 1;
            int slot = table.find(key.hash, key, 0, ConnectionTable.SERVICE, NOW_NS);
            if (slot >= 0) {
                table.count(slot, 0, 60, NOW_NS);
                found++;
            }
        }
        long ns = MemoryTraffic.processorNs() - start;
        if (found == 0) {
            throw new IllegalStateException("no flow was found");
        }
        return (double) ns / LOOKUPS;
    }

    /** Prefixes of many lengths, port ranges and both protocols: what makes many tables. */
    private static List<Rule> rules() {
        BitSet sides = new BitSet();
        sides.set(0, 2);
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < RULES; i++) {
            PacketFields p = new PacketFields();
            fill(p, i);
            Match match = Match.ANY
                    .withFamily(4)
                    .withProtocol(p.protocol, p.protocol)
                    .withPrefixes(
                            IpPrefix.around(IpAddress.ofIpv4((int) p.sourceLo), 8 + i % 25),
                            IpPrefix.around(IpAddress.ofIpv4((int) p.destinationLo), 8 + i / 25 % 25))
                    .withPorts(0, 0xffff, p.destinationPort, i % 4 == 0 ? 0xffff : p.destinationPort);
            rules.add(new Rule(
                    i + 2,
                    1_000 + RULES - i,
                    "r" + i,
                    List.of(match),
                    Rule.Action.NONE,
                    -1,
                    Rule.FailureAction.INHERIT,
                    true,
                    PortSides.of(sides)));
        }
        return rules;
    }

    private static void fill(PacketFields p, int i) {
        p.family = 4;
        p.protocol = IpProtocols.UDP;
        p.sourceLo = 0xffff_0000_0000L | ((mix(i) & 0x7fff_ffffL) | 0x0100_0000L);
        p.destinationLo = 0xffff_0000_0000L | ((mix(i + RULES) & 0x7fff_ffffL) | 0x0100_0000L);
        p.sourcePort = 1024 + i % 60_000;
        p.destinationPort = i * 7 % 60_000;
    }

    /** Traffic as it comes: of hosts that no rule names. */
    private static PacketFields ordinary(int i) {
        PacketFields p = new PacketFields();
        fill(p, i + 10 * RULES);
        return p;
    }

    /** The fields of a rule with the last bit of the destination's prefix turned over, so that all that is asked before it fits. */
    private static PacketFields beside(int i) {
        PacketFields p = new PacketFields();
        int rule = i * 2 % RULES;
        fill(p, rule);
        int bits = 8 + rule / 25 % 25;
        p.destinationLo ^= 1L << (32 - bits);
        return p;
    }

    /** Flows that are in the table: of many hashes, or of hashes that 16 flows have each. */
    private static PacketFields[] flows(ConnectionTable table, boolean colliding) {
        PacketFields[] flows = new PacketFields[FIELDS];
        for (int i = 0; i < FIELDS; i++) {
            PacketFields p = new PacketFields();
            fill(p, i + (colliding ? 0 : FLOWS));
            p.hash = FlowHash.withRouter(mix(colliding ? i / 16 : i + FLOWS), 0);
            int slot = table.insert(p.hash, p, 0, ConnectionTable.SERVICE, NOW_NS);
            if (slot >= 0) {
                table.count(slot, 0, 60, NOW_NS);
                table.count(slot, 1, 60, NOW_NS);
            }
            flows[i] = p;
        }
        return flows;
    }

    private static long mix(long value) {
        long k = (value + 1) * 0x9E3779B97F4A7C15L;
        k = (k ^ (k >>> 30)) * 0xBF58476D1CE4E5B9L;
        return k ^ (k >>> 27);
    }
}
