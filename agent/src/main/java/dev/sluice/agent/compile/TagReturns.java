package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.TagReturn;
import dev.sluice.model.Configuration;
import dev.sluice.model.Configuration.Place;
import dev.sluice.model.Configuration.PortPlace;
import dev.sluice.model.Configuration.RouterPlace;
import dev.sluice.model.LogicalRouter;
import dev.sluice.model.Node;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.Port;
import dev.sluice.model.PortProfile;
import dev.sluice.model.Service;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServicePolicy;
import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.Drop;
import dev.sluice.model.ServicePolicy.NoService;
import dev.sluice.model.ServicePolicy.Observe;
import dev.sluice.model.ServicePolicy.RuleAction;
import dev.sluice.model.ServicePolicy.ToChain;
import dev.sluice.model.ServicePolicy.ToPath;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * By which router of which host packets come to a node with a tag, as the objects of all hosts have it: what is to be done with one that comes back and is of no flow (C8; document 000: static switch
 * configurations). One writer: the compilation.
 */
final class TagReturns {
    private final Configuration configuration;
    private final String node;
    private final PlanePlan plane;
    private final IdRegistry ids;

    /** By chain, the routers, pairs and switches of other hosts whose rules lead to it. */
    private final Map<String, NavigableSet<Source>> sources = new HashMap<>();

    /** A router, pair or switch of another host, by the number that all hosts know it by. */
    private record Source(int peer, int tenant) implements Comparable<Source> {
        @Override
        public int compareTo(Source other) {
            int byPeer = Integer.compare(peer, other.peer);
            return byPeer != 0 ? byPeer : Integer.compare(tenant, other.tenant);
        }
    }

    TagReturns(Configuration whole, Configuration configuration, String node, PlanePlan plane, IdRegistry ids) {
        this.configuration = configuration;
        this.node = node;
        this.plane = plane;
        this.ids = ids;
        boolean asked = configuration.services().stream()
                .anyMatch(service -> service.spec().unmatchedReturn() == Service.UnmatchedReturn.ROUTE);
        if (asked) {
            plane.peers().forEach(peer -> add(peer, whole.forNode(peer.name())));
        }
    }

    private void add(OverlayPeer peer, Configuration there) {
        for (ServicePolicy policy : there.policies()) {
            for (ServicePolicy.Rule rule : policy.spec().rules()) {
                Optional<String> chain = chain(rule.action());
                for (AppliedTo at :
                        chain.isEmpty() ? List.<AppliedTo>of() : policy.spec().appliedTo(rule)) {
                    for (Place place : there.resolve(at)) {
                        tenant(peer, there, place).ifPresent(tenant -> add(chain.get(), peer, tenant));
                    }
                }
            }
        }
        for (PortProfile profile : there.all(PortProfile.class)) {
            Optional<String> chain = profile.spec().chain();
            for (Port port : there.ports()) {
                if (chain.isPresent() && port.spec().profile().equals(Optional.of(profile.name()))) {
                    tenant(peer, there, new PortPlace(port)).ifPresent(tenant -> add(chain.get(), peer, tenant));
                }
            }
        }
    }

    private void add(String chain, OverlayPeer peer, int tenant) {
        sources.computeIfAbsent(chain, _ -> new TreeSet<>()).add(new Source(peer.index(), tenant));
    }

    private Optional<String> chain(RuleAction action) {
        return switch (action) {
            case ToChain(String chain) -> Optional.of(chain);
            case ToPath to when to.chain().isPresent() -> to.chain();
            case ToPath to ->
                plane.pathCalled(Integer.parseInt(to.path())).map(name -> name.substring(0, name.indexOf('[')));
            case NoService _, Drop _, Observe _ -> Optional.empty();
        };
    }

    private static Optional<Integer> tenant(OverlayPeer peer, Configuration there, Place place) {
        return switch (place) {
            case RouterPlace(LogicalRouter router, var _) -> Optional.of(PlaneNumbers.router(router.name()));
            case PortPlace(Port port) -> {
                Optional<RouterPlace> router = there.routerOf(port);
                Optional<String> segment = port.spec().logicalSwitch();
                yield router.isPresent()
                        ? Optional.of(PlaneNumbers.router(router.get().router().name()))
                        : segment.isPresent()
                                ? segment.map(PlaneNumbers::segment)
                                : there.peerOf(port)
                                        .map(other -> PlaneNumbers.pair(peer.name(), port.name(), other.name()));
            }
        };
    }

    /**
     * What to do with a packet that comes back by an attachment of this host and is of no flow.
     *
     * @param using the paths that have it
     * @param routers indices of the routers, pairs and switches of this host whose rules lead to it
     * @return null: what the data path does by itself
     */
    @Nullable
    TagReturn of(AttachmentDraft draft, List<PathDraft> using, int[] routers) {
        if (!draft.routeUnmatched() || draft.remote()) {
            return null;
        }
        NavigableSet<Source> others = new TreeSet<>();
        PathDraft called = null;
        for (PathDraft path : using) {
            NavigableSet<Source> ofChain = sources.get(path.content().chain());
            if (ofChain != null && path.content().forwardsThrough(draft.id())) {
                others.addAll(ofChain);
                called = called == null && plane.isNamed(path) ? path : called;
            }
        }
        if (others.size() + routers.length <= 1 && (others.isEmpty() || called == null)) {
            return null;
        }
        if (routers.length == 0 && others.size() == 1 && called != null) {
            Source only = others.getFirst();
            return TagReturn.elsewhere(only.peer(), only.tenant(), called.id());
        }
        boolean local = configuration
                .service(draft.content().service())
                .map(service -> service.spec().ambiguousReturn() == Service.AmbiguousReturn.LOCAL)
                .orElse(false);
        int router = local ? localRouter(routers) : TagReturn.NOBODY;
        return router == TagReturn.NOBODY ? TagReturn.AMBIGUOUS : TagReturn.here(router);
    }

    /** The router among those given, or else the only one of the host beside that of the underlay; nobody if there are several or none. */
    private int localRouter(int[] routers) {
        List<Integer> own = new ArrayList<>();
        for (LogicalRouter router : configuration.routers()) {
            if (!hasEndpoint(router)) {
                own.add(ids.index(Space.ROUTER, "router/" + router.name()));
            }
        }
        List<Integer> leading = new ArrayList<>();
        for (int router : routers) {
            if (own.contains(router)) {
                leading.add(router);
            }
        }
        List<Integer> candidates = leading.isEmpty() ? own : leading;
        return candidates.size() == 1 ? candidates.getFirst() : TagReturn.NOBODY;
    }

    private boolean hasEndpoint(LogicalRouter router) {
        Optional<IpAddress> endpoint = configuration.underlay(node).map(Node.Underlay::address);
        return endpoint.isPresent()
                && router.spec().interfaces().stream()
                        .flatMap(at -> at.addresses().stream())
                        .anyMatch(own -> own.address().equals(endpoint.get()));
    }

    /** Says where packets are to be routed by the host's own router and it has not exactly one that could. */
    static void warn(Configuration configuration, CompiledNode compiled, CompileLog log) {
        for (AttachmentDraft draft : compiled.attachments()) {
            Attachment attachment = compiled.snapshot().attachment(draft.id());
            TagReturn way = attachment == null ? null : attachment.tagReturn();
            boolean local = configuration
                    .service(draft.content().service())
                    .map(service -> service.spec().ambiguousReturn() == Service.AmbiguousReturn.LOCAL)
                    .orElse(false);
            Optional<ServiceInstance> instance = configuration.instances().stream()
                    .filter(each -> each.name().equals(draft.content().instanceName()))
                    .findFirst();
            if (local && way != null && way.equals(TagReturn.AMBIGUOUS) && instance.isPresent()) {
                log.warning(
                        instance.get(),
                        "spec.service",
                        "its Service has ambiguousReturn: local, but this host has not exactly one LogicalRouter that could route what "
                                + draft.content().name()
                                + " sends of no known flow, so that is dropped; give each source host a tag of its own (spec.policies)",
                        "");
            }
        }
    }
}
