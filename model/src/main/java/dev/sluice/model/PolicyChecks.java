package dev.sluice.model;

import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.ToSwitch;
import dev.sluice.model.ObjectReader.Sound;
import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.ToPath;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Whether the places where rules apply exist. */
final class PolicyChecks {
    private final Configuration all;
    private final Map<Kind, Map<String, Document>> declared;
    private final boolean implicit;
    private final Set<String> portNames = new TreeSet<>();
    private final Set<String> ownNodes = new HashSet<>();

    PolicyChecks(Configuration all, Map<Kind, Map<String, Document>> declared) {
        this.all = all;
        this.declared = declared;
        this.implicit = count(Kind.PORT) == 0 && count(Kind.LOGICAL_ROUTER) == 0 && NodeSelection.portsAreImplicit(all);
        for (Port port : all.ports()) {
            portNames.add(port.name());
            portNames.add(port.spec().interfaceName());
        }
        for (Resource resource : all.resources()) {
            NodeSelection.nodeOf(resource).ifPresent(ownNodes::add);
            if (resource instanceof Node) {
                ownNodes.add(resource.name());
            }
        }
    }

    private int count(Kind kind) {
        return declared.getOrDefault(kind, Map.of()).size();
    }

    void check(ServicePolicy policy, Document at) {
        ServicePolicy.Spec spec = policy.spec();
        check(spec.appliedTo(), "spec.appliedTo", at);
        for (int i = 0; i < spec.rules().size(); i++) {
            check(spec.rules().get(i).appliedTo(), "spec.rules[" + i + "].appliedTo", at);
            if (spec.rules().get(i).action() instanceof ToPath path) {
                checkPath(path, "spec.rules[" + i + "].action.path", at);
            }
        }
    }

    /** Whether an identifier is that of a path is known where the paths are made. */
    private void checkPath(ToPath path, String field, Document at) {
        Optional<String> name = path.chain();
        Optional<ServiceChain> chain = name.flatMap(all::chain);
        boolean complete = count(Kind.SERVICE_CHAIN) == all.chains().size()
                && count(Kind.SERVICE_INSTANCE) == all.instances().size();
        if (name.isEmpty() || !complete) {
            return;
        }
        if (chain.isEmpty()) {
            Set<String> names =
                    declared.getOrDefault(Kind.SERVICE_CHAIN, Map.of()).keySet();
            at.error(
                    field,
                    "there is no ServiceChain " + name.get() + Spelling.hint(name.get(), names),
                    CrossChecks.names(names));
            return;
        }
        PathNames.wrong(path.path(), chain.get(), all)
                .ifPresent(wrong -> at.error(field, wrong, "a path of the chain; 'sluice paths' lists them"));
    }

    private void check(List<AppliedTo> places, String path, Document at) {
        for (int i = 0; i < places.size(); i++) {
            AppliedTo place = places.get(i);
            String item = path + "[" + i + "]";
            if (places.indexOf(place) < i) {
                at.error(item, place + " is listed twice", "each place once");
            } else if (implicit) {
                if (!Checks.isInterfaceName(place.interfaceName())) {
                    String message = "without Port objects this has to be a Linux interface";
                    at.error(item, message, Types.INTERFACE.allowed());
                }
            } else {
                checkExists(place, item, at);
            }
        }
    }

    private void checkExists(AppliedTo place, String path, Document at) {
        String scope = place.scope().orElse("");
        Optional<LogicalRouter> router = all.router(scope);
        if (router.isPresent()) {
            if (ownNodes.contains(scope)) {
                at.error(path, scope + " is the name of a node and of a LogicalRouter", "different names for the two");
            }
            List<String> names = router.get().spec().interfaces().stream()
                    .map(RouterInterface::name)
                    .toList();
            if (!names.contains(place.interfaceName())) {
                String hint = Spelling.hint(place.interfaceName(), names);
                String message = router.get().title() + " has no interface " + place.interfaceName() + hint;
                at.error(path, message, String.join(", ", names));
            }
            router.get().interfaceNamed(place.interfaceName()).ifPresent(to -> checkGate(router.get(), to, path, at));
            return;
        }
        boolean complete = count(Kind.PORT) == all.ports().size()
                && count(Kind.LOGICAL_ROUTER) == all.routers().size();
        if (complete && all.resolve(place).isEmpty()) {
            String hint = Spelling.hint(place.interfaceName(), portNames);
            String message = "there is no Port or interface " + place.interfaceName();
            if (!scope.isEmpty()) {
                message += " on node " + scope + (ownNodes.contains(scope) ? "" : ", and no LogicalRouter " + scope);
            }
            at.error(path, message + hint, CrossChecks.names(portNames));
        }
    }

    private static void checkGate(LogicalRouter router, RouterInterface to, String path, Document at) {
        if (to.attachment() instanceof ToSwitch(String segment)) {
            at.error(
                    path,
                    "interface " + to.name() + " of " + router.title()
                            + " is in a segment, where answers may be routed on another host than their questions",
                    "Ports with switch: " + segment);
        }
    }

    /** Warns where interfaces that nobody made ports or router interfaces of can't be a pair. */
    void checkImplicitPorts(List<Sound> sound) {
        if (!implicit || count(Kind.SERVICE_POLICY) != all.policies().size()) {
            return;
        }
        Optional<Sound> first = sound.stream()
                .filter(s -> s.resource() instanceof ServicePolicy)
                .findFirst();
        List<String> nodes = all.nodes().isEmpty() ? List.of("") : all.nodes();
        for (String node : first.isPresent() ? nodes : List.<String>of()) {
            Set<String> interfaces = NodeSelection.appliedInterfaces(all, node);
            if (interfaces.size() != 2 && !interfaces.isEmpty()) {
                first.get()
                        .document()
                        .warning(
                                "spec.appliedTo",
                                "rules apply to " + interfaces.size() + " interfaces (" + String.join(", ", interfaces)
                                        + ")"
                                        + (node.isEmpty() ? "" : " of node " + node)
                                        + "; without Port objects only exactly two are a pair, so nothing forwards between"
                                        + " them; add Ports with peer, or a LogicalRouter");
            }
        }
    }
}
