package dev.sluice.model;

import dev.sluice.model.Configuration.Place;
import dev.sluice.model.Configuration.PortPlace;
import dev.sluice.model.Configuration.RouterPlace;
import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.Drop;
import dev.sluice.model.ServicePolicy.NoService;
import dev.sluice.model.ServicePolicy.Observe;
import dev.sluice.model.ServicePolicy.Rule;
import dev.sluice.model.ServicePolicy.ToChain;
import dev.sluice.model.ServicePolicy.ToPath;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What has to hold between service planes, the chains on them and the rules that lead there. */
final class AttachmentChecks {
    private final Configuration all;
    private final Map<Integer, ServiceAttachment> bySvni = new HashMap<>();

    AttachmentChecks(Configuration all) {
        this.all = all;
        all.all(ServiceAttachment.class)
                .forEach(each -> bySvni.putIfAbsent(each.spec().svni(), each));
    }

    void check(ServiceAttachment attachment, Document at) {
        ServiceAttachment first = bySvni.get(attachment.spec().svni());
        if (first != null && !first.name().equals(attachment.name())) {
            at.error("spec.svni", first.title() + " has this number already", "a number of its own for each plane");
        }
        warnOfMissing(Kind.NODE, "nodes", attachment.spec().nodes(), at);
        warnOfMissing(Kind.LOGICAL_ROUTER, "routers", attachment.spec().routers(), at);
    }

    private void warnOfMissing(Kind kind, String field, List<String> names, Document at) {
        for (int i = 0; i < names.size(); i++) {
            if (all.find(kind, names.get(i)).isEmpty()) {
                at.warning(
                        "spec.appliedTo." + field + "[" + i + "]",
                        "there is no " + kind.word() + "/" + names.get(i)
                                + (kind == Kind.NODE
                                        ? "; a host of this name without such an object is on the plane all the same"
                                        : "; it is on the plane as soon as there is"));
            }
        }
    }

    void check(ServiceChain chain, Document at) {
        ServiceAttachment of = bySvni.get(chain.spec().svni());
        if (of != null && chain.spec().attachment().isEmpty()) {
            at.error(
                    "spec.svni",
                    chain.spec().svni() + " is the plane of " + of.title() + ", which the chain does not name",
                    "attachment: " + of.name() + " in place of svni, or another number");
        }
        all.attachment(chain).flatMap(each -> each.spec().type()).ifPresent(type -> {
            check("spec.profiles", chain.spec().hops(), type, at);
            check("spec.reverse", chain.spec().reverse().orElse(List.of()), type, at);
        });
    }

    private void check(String list, List<ServiceChain.Hop> hops, ServiceAttachment.Layer type, Document at) {
        for (int i = 0; i < hops.size(); i++) {
            ServiceChain.Hop hop = hops.get(i);
            Optional<Service> service = all.service(hop.service());
            if (service.isPresent()
                    && all.action(hop) != ServiceAction.COPY
                    && service.get().spec().forwarding() != type.forwarding()) {
                at.error(
                        list + "[" + i + "]",
                        "has " + service.get().title() + ", whose forwarding is "
                                + service.get().spec().forwarding().word() + ", on a plane of type " + type.word(),
                        "services with forwarding: " + type.forwarding().word());
            }
        }
    }

    /** Rules for ports that have a profile are not looked at: which these are changes. There the node sees to it. */
    void check(ServicePolicy policy, Document at) {
        List<Rule> rules = policy.spec().rules();
        // Most rules have the policy's places: these are looked at once for each plane.
        Map<String, Optional<String>> outsideOf = new HashMap<>();
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            Optional<String> name = switch (rule.action()) {
                case ToChain(String chain) -> Optional.of(chain);
                case ToPath path -> path.chain();
                case NoService _, Drop _, Observe _ -> Optional.empty();
            };
            Optional<ServiceAttachment> attachment = name.flatMap(all::chain).flatMap(all::attachment);
            if (attachment.isEmpty() || attachment.get().spec().isForAll()) {
                continue;
            }
            List<AppliedTo> places = rule.appliedTo().isEmpty() ? policy.spec().appliedTo() : rule.appliedTo();
            String field = "spec.rules[" + i + "].action." + (rule.action() instanceof ToPath ? "path" : "chain");
            ServiceAttachment.Spec plane = attachment.get().spec();
            Optional<String> first = rule.appliedTo().isEmpty()
                    ? outsideOf.computeIfAbsent(attachment.get().name(), _ -> outside(places, plane))
                    : outside(places, plane);
            first.ifPresent(outside -> at.error(
                    field,
                    "is on the plane of " + attachment.get().title() + ", but " + outside + " is not",
                    "places on the plane, or " + outside + " in spec.appliedTo of "
                            + attachment.get().title()));
        }
    }

    private Optional<String> outside(List<AppliedTo> places, ServiceAttachment.Spec plane) {
        return places.stream()
                .filter(place -> place.profile().isEmpty())
                .flatMap(place -> {
                    List<Place> known = all.resolve(place);
                    return known.isEmpty()
                            ? outside(place, plane)
                            : known.stream().flatMap(one -> outside(one, plane));
                })
                .findFirst();
    }

    /** Of an interface that no Port is for. */
    private Stream<String> outside(AppliedTo place, ServiceAttachment.Spec plane) {
        return place
                .scope()
                .filter(node -> all.router(node).isEmpty() && !plane.nodes().contains(node))
                .map(node -> Kind.NODE.word() + "/" + node)
                .stream();
    }

    /** What would have to be on a plane, and is not. */
    private Stream<String> outside(Place place, ServiceAttachment.Spec plane) {
        Optional<LogicalRouter> router = switch (place) {
            case RouterPlace(LogicalRouter of, var _) -> Optional.of(of);
            case PortPlace(Port port) -> all.routerOf(port).map(RouterPlace::router);
        };
        if (router.isPresent() && plane.routers().contains(router.get().name())) {
            return Stream.empty();
        }
        Optional<String> node = switch (place) {
            case RouterPlace(LogicalRouter of, var _) -> of.spec().node();
            case PortPlace(Port port) -> port.spec().node();
        };
        if (node.isEmpty() || plane.nodes().contains(node.get())) {
            return Stream.empty();
        }
        return Stream.of(router.map(LogicalRouter::title).orElse("Node/" + node.get()));
    }
}
