package dev.sluice.testkit;

import dev.sluice.testkit.PlaneHosts.Node;
import dev.sluice.testkit.PlaneHosts.Service;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One packet, or one of its duplicates, on its way. One user: the scenario. */
final class PlaneJourney {
    final PlaneTraffic.Packet packet;
    final List<Node> visits = new ArrayList<>();
    final List<List<Service>> chains = new ArrayList<>();
    final Set<Node> deadMeanwhile;
    boolean left;

    PlaneJourney(PlaneTraffic.Packet packet, List<Service> chain, Set<Node> dead) {
        this.packet = packet;
        chains.add(chain);
        deadMeanwhile = new HashSet<>(dead);
    }

    PlaneJourney copy() {
        PlaneJourney copy = new PlaneJourney(packet, chains.getFirst(), deadMeanwhile);
        copy.visits.addAll(visits);
        copy.chains.clear();
        copy.chains.addAll(chains);
        return copy;
    }
}
