package dev.sluice.agent.compile;

import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.liveness.bfd.BfdAuthentication;
import dev.sluice.liveness.bfd.BfdKey;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.liveness.bfd.BfdTiming;
import dev.sluice.model.Configuration;
import dev.sluice.model.InterfaceAddress;
import dev.sluice.model.Node;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Decides how a node and the others watch each other; both ends decide the same from the same objects. Stateless. */
final class PeersPlans {
    /** Routers that may lie between two endpoints of different networks: 255 less this TTL (RFC 5883). */
    private static final int TTL_MIN = 240;

    private PeersPlans() {}

    /** @param paths digest of the paths of the objects */
    static PeersPlan of(
            Configuration whole, String node, ServicePlane plane, List<InstanceEntry> instances, long paths) {
        if (plane.peers().isEmpty() || plane.router() < 0) {
            return PeersPlan.NONE;
        }
        Node.Bfd own = bfd(whole, node);
        BfdTiming timing = BfdTiming.ofMs(own.intervalMs(), own.failAfter());
        List<PeersPlan.Peer> peers = new ArrayList<>();
        for (OverlayPeer peer : plane.peers()) {
            List<BfdKey> keys = Stream.of(own, bfd(whole, peer.name()))
                    .flatMap(bfd -> bfd.key().stream())
                    .distinct()
                    .map(key -> BfdKey.ofText(key.id(), key.secret()))
                    .toList();
            BfdSettings plain = BfdSettings.of(timing);
            peers.add(new PeersPlan.Peer(
                    peer,
                    path(whole, node, plane.endpoint(), peer),
                    keys.isEmpty() ? plain : plain.with(new BfdAuthentication(true, keys)),
                    instancesOf(peer.name(), instances)));
        }
        return new PeersPlan(peers, own(node, instances), paths);
    }

    private static Node.Bfd bfd(Configuration whole, String node) {
        return whole.underlay(node).map(Node.Underlay::bfd).orElse(Node.Bfd.DEFAULT);
    }

    /** A single hop if each of both endpoints lies in the other one's network. */
    private static BfdPath path(Configuration whole, String node, IpAddress endpoint, OverlayPeer peer) {
        boolean onLink =
                reaches(whole, node, endpoint, peer.address()) && reaches(whole, peer.name(), peer.address(), endpoint);
        return onLink
                ? BfdPath.singleHop(endpoint, peer.address(), 0)
                : BfdPath.multihop(endpoint, peer.address(), TTL_MIN);
    }

    private static boolean reaches(Configuration whole, String node, IpAddress from, IpAddress to) {
        Optional<InterfaceAddress> at = whole.routers().stream()
                .filter(router -> router.spec().node().map(node::equals).orElse(true))
                .flatMap(router -> router.spec().interfaces().stream())
                .flatMap(each -> each.addresses().stream())
                .filter(address -> address.address().equals(from))
                .findFirst();
        return at.isPresent() && at.get().prefix().contains(to);
    }

    private static List<PeersPlan.Remote> instancesOf(String host, List<InstanceEntry> instances) {
        return instances.stream()
                .filter(instance -> instance.host().equals(host))
                .map(instance -> new PeersPlan.Remote(
                        instance.number(), PlaneNumbers.instance(instance.name(), host), nameOf(instance)))
                .sorted(Comparator.comparingInt(PeersPlan.Remote::planeNumber))
                .toList();
    }

    /** What another node says of an instance that is gone is not meant for one of that name somewhere else. */
    private static String nameOf(InstanceEntry instance) {
        return instance.lingers() ? "" : instance.name();
    }

    private static List<PeersPlan.Own> own(String node, List<InstanceEntry> instances) {
        return instances.stream()
                .filter(instance -> !instance.remote())
                .map(instance -> new PeersPlan.Own(
                        instance.number(), PlaneNumbers.instance(instance.name(), node), instance.adminState()))
                .toList();
    }
}
