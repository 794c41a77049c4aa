package dev.sluice.agent.worker;

import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import java.util.List;

/**
 * What becomes of frames that come in at a port while nobody is there to decide (packet-life.md, without the process). Immutable.
 *
 * @param pair index of the port at the other end of the wire, -1: there is none, and everything is dropped
 * @param open whether everything crosses the wire; otherwise only what asks for neighbours
 * @param arp whether ARP crosses it
 * @param discovery whether IPv6 neighbour discovery crosses it
 */
public record Absence(int pair, boolean open, boolean arp, boolean discovery) {
    private static final Absence DROPS = new Absence(-1, false, false, false);

    /** Open is a wire where no rule wants anything that has to be done: each that matters there sends flows through services and says that they may miss them, or says that flows need none. */
    public static Absence of(Snapshot snapshot, int index) {
        PortEntry port = snapshot.port(index);
        if (port.role() != PortEntry.Role.TRANSPARENT || port.peer() < 0) {
            return DROPS;
        }
        int pair = port.peer();
        boolean open = isOpen(snapshot, snapshot.rules(), index, pair)
                && isOpen(snapshot, snapshot.retained().rules(), index, pair);
        return new Absence(
                pair,
                open && port.refusedKinds() == 0,
                (port.refusedKinds() & NonUnicast.ARP.bit()) == 0,
                (port.refusedKinds() & (NonUnicast.NEIGHBOR_DISCOVERY.bit() | NonUnicast.ROUTER_ADVERTISEMENT.bit()))
                        == 0);
    }

    private static boolean isOpen(Snapshot snapshot, Iterable<Rule> rules, int from, int to) {
        for (Rule rule : rules) {
            boolean matters = rule.appliedTo().contains(from, PortSides.FROM_PORT)
                    || rule.appliedTo().contains(to, PortSides.TO_PORT);
            if (matters && !isOpen(snapshot, rule)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOpen(Snapshot snapshot, Rule rule) {
        return switch (rule.action()) {
            case NONE, OBSERVE -> true;
            case DROP -> false;
            case SERVICE ->
                rule.onFailure() == Rule.FailureAction.OPEN
                        || (rule.onFailure() == Rule.FailureAction.INHERIT && isOpen(snapshot.target(rule.targetId())));
        };
    }

    private static boolean isOpen(Target target) {
        return target.onFailure() == Rule.FailureAction.OPEN
                && target.paths().stream()
                        .map(Path::hops)
                        .flatMap(List::stream)
                        .allMatch(hop -> hop.onFailure() == Rule.FailureAction.OPEN);
    }
}
