package dev.sluice.testkit.reference;

import dev.sluice.datapath.rules.IntSet;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.RuleCounters;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Random rules that have a good chance to match what the scenarios' hosts send. */
final class RuleGenerator {
    private final Dice dice;
    private final WorldGenerator world;
    private final Set<Integer> precedences = new HashSet<>();

    RuleGenerator(Dice dice, WorldGenerator world) {
        this.dice = dice;
        this.world = world;
    }

    Rule rule() {
        int id = world.parts.newId();
        int precedence = dice.below(100_000);
        while (!precedences.add(precedence)) {
            precedence++;
        }
        Rule.Action action = dice.percent(83)
                ? Rule.Action.SERVICE
                : dice.any(Rule.Action.NONE, Rule.Action.DROP, Rule.Action.OBSERVE);
        int target = action == Rule.Action.SERVICE ? dice.below(world.parts.chains.size()) : -1;
        List<Integer> routers =
                target >= 0 ? world.parts.chains.get(target).routers : List.of(dice.below(world.portsOf.size()));
        List<Match> matches = new ArrayList<>();
        for (int i = dice.percent(80) ? 1 : 2; i > 0; i--) {
            matches.add(match(action == Rule.Action.DROP || action == Rule.Action.OBSERVE));
        }
        return new Rule(
                id,
                precedence,
                "rule-" + id,
                matches,
                action,
                target,
                dice.any(
                        Rule.FailureAction.INHERIT,
                        Rule.FailureAction.INHERIT,
                        Rule.FailureAction.INHERIT,
                        Rule.FailureAction.CLOSED,
                        Rule.FailureAction.OPEN),
                dice.percent(85),
                PortSides.of(sides(routers)),
                dice.percent(20),
                new RuleCounters());
    }

    private BitSet sides(List<Integer> routers) {
        BitSet sides = new BitSet();
        int shape = dice.any(0, 0, 1, 2, 3, 4);
        for (int router : routers) {
            for (int port : world.portsOf.get(router)) {
                for (int side = 0; side < 2; side++) {
                    boolean in = shape < 2 || (shape == 2 && side == 0) || (shape == 3 && side == 1);
                    if (in || (shape > 3 && dice.percent(40))) {
                        sides.set(PortSides.index(port, side));
                    }
                }
            }
        }
        return sides;
    }

    private Match match(boolean narrow) {
        Match match = Match.ANY;
        if (dice.percent(12)) {
            match = match.withFamily(dice.any(4, 6));
        }
        if (narrow || dice.percent(20)) {
            match = switch (dice.below(4)) {
                case 0 -> match.withProtocol(6, 6).withPorts(0, 65535, 80, dice.any(80, 443));
                case 1 -> match.withProtocol(17, 17).withPorts(0, 65535, 53, dice.any(53, 80));
                case 2 -> match.withProtocol(dice.any(1, 6, 17), dice.any(17, 58));
                default -> match.withPorts(1000, dice.any(1003, 1010), 0, 65535);
            };
        }
        if (dice.percent(15)) {
            match = match.withFamily(dice.any(0, 4))
                    .withPrefixes(
                            prefix(dice.any("10.0.0.0/16", "10.0.0.0/24", "10.0.0.10/32", "10.0.1.0/24")),
                            dice.percent(50)
                                    ? prefix(dice.any("10.0.1.0/24", "198.51.100.0/24", "172.16.0.0/16", "0.0.0.0/0"))
                                    : null);
        } else if (dice.percent(8)) {
            match = match.withFamily(dice.any(0, 6))
                    .withPrefixes(
                            prefix("2001:db8::/32"), prefix(dice.any("2001:db8:1::/64", "2001:db8:100::/64", "::/0")));
        }
        if (dice.percent(8)) {
            match = match.withDscp(dice.any(0, 10), dice.any(10, 46));
        }
        if (dice.percent(12)) {
            BitSet buckets = new BitSet();
            int count = dice.any(2, 3, 16);
            for (int i = 0; i < count; i++) {
                buckets.set(i, dice.percent(60));
            }
            match = match.withHash(count, buckets);
        }
        if (dice.percent(12)) {
            int vlan = dice.any(-1, 7);
            match = match.withVlans(vlan, dice.any(vlan, 4095), -1, dice.any(-1, 4095));
        }
        if (dice.percent(16)) {
            match = match.withContext(values(60), values(30), values(30));
        }
        if (dice.percent(6)) {
            List<Integer> ports = world.portsOf.get(dice.below(world.portsOf.size()));
            long mac = WorldGenerator.hostMac(dice.of(ports), dice.any(10, 11));
            match = dice.percent(50)
                    ? match.withEthernet(-1, mac, -1)
                    : match.withEthernet(dice.any(0x0800, 0x86dd), -1, dice.percent(50) ? mac : -1);
        }
        return match;
    }

    private IntSet values(int percent) {
        return dice.percent(percent) ? IntSet.of(dice.between(1, 3), dice.between(1, 3)) : IntSet.EMPTY;
    }

    private static IpPrefix prefix(String text) {
        return IpPrefix.parse(text).orElseThrow();
    }
}
