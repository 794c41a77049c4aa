package dev.sluice.model;

import dev.sluice.model.ObjectReader.Sound;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What has to hold between objects. */
final class CrossChecks {
    private CrossChecks() {}

    static void run(List<Sound> sound, Map<Kind, Map<String, Document>> declared, List<Document> documents) {
        Map<List<Kind>, Set<String>> names = new HashMap<>();
        for (Document document : documents) {
            document.references()
                    .forEach(reference -> checkReference(
                            document,
                            reference,
                            names.computeIfAbsent(reference.kinds(), kinds -> names(kinds, declared))));
        }
        Configuration all = Configuration.of(sound.stream().map(Sound::resource).toList());
        PortChecks ports = new PortChecks(all);
        RouterChecks routers = new RouterChecks(
                all, declared.getOrDefault(Kind.LOGICAL_ROUTER, Map.of()).keySet());
        InstanceChecks instances = new InstanceChecks(all);
        PolicyChecks policies = new PolicyChecks(all, declared);
        SwitchChecks switches = new SwitchChecks(all);
        PlaneChecks plane = new PlaneChecks(
                all, declared.getOrDefault(Kind.LOGICAL_ROUTER, Map.of()).size());
        AttachmentChecks attachments = new AttachmentChecks(all);
        ServiceManagerChecks managers = new ServiceManagerChecks();
        ServiceProfileChecks profiles = new ServiceProfileChecks(all, declared);
        AskedChecks asked = new AskedChecks();
        Set<String> served = new HashSet<>();
        all.instances().forEach(instance -> served.add(instance.spec().service()));
        all.all(ServiceDeployment.class)
                .forEach(deployment -> served.add(deployment.spec().service()));
        // An instance that is broken in itself is missing in all; its own problem is enough.
        boolean allInstances =
                declared.getOrDefault(Kind.SERVICE_INSTANCE, Map.of()).size()
                        == all.instances().size();
        for (Sound object : sound) {
            Document at = object.document();
            switch (object.resource()) {
                case Port port -> {
                    ports.check(port, at);
                    switches.check(port, at);
                    plane.check(port, at);
                }
                case LogicalRouter router -> {
                    routers.check(router, at);
                    plane.check(router, at);
                }
                case ServiceInstance instance -> {
                    instances.check(instance, at);
                    plane.check(instance, at);
                }
                case ServicePolicy policy -> {
                    policies.check(policy, at);
                    attachments.check(policy, at);
                }
                case ServiceAttachment attachment -> attachments.check(attachment, at);
                case ServiceChain written -> {
                    ServiceChain chain = all.chain(written.name()).orElse(written);
                    profiles.check(chain, at);
                    attachments.check(chain, at);
                    checkReverse(chain, at, all);
                    if (allInstances) {
                        checkServed(chain, at, all, served);
                    }
                }
                case Node node -> plane.check(node, at);
                case LogicalSwitch segment -> {
                    switches.check(segment, at);
                    plane.check(segment, at);
                }
                case ServiceDeployment deployment -> DeploymentChecks.check(deployment, at, all);
                case ServiceManager manager -> managers.check(manager, at);
                case ServiceProfile profile -> profiles.check(profile, at);
                case Traceflow trace -> asked.check(trace, at);
                case Capture capture -> asked.check(capture, at);
                case PortProfile _, Service _, VendorTemplate _ -> {}
            }
        }
        policies.checkImplicitPorts(sound);
    }

    private static void checkReference(Document document, Document.Reference reference, Set<String> names) {
        String name = reference.at().text();
        if (!names.contains(name)) {
            String message =
                    "there is no " + Types.words(reference.kinds()) + " of that name" + Spelling.hint(name, names);
            document.error(
                    reference.at(), reference.path(), message, reference.at().excerpt(), names(names));
        }
    }

    private static Set<String> names(List<Kind> kinds, Map<Kind, Map<String, Document>> declared) {
        Set<String> names = new LinkedHashSet<>();
        kinds.forEach(kind -> names.addAll(declared.getOrDefault(kind, Map.of()).keySet()));
        return names;
    }

    /** The names to choose from, cut where they are many. */
    static String names(Set<String> names) {
        if (names.isEmpty()) {
            return "none is defined";
        }
        String few = String.join(", ", names.stream().limit(10).toList());
        return names.size() > 10 ? few + ", and " + (names.size() - 10) + " more" : few;
    }

    private static void checkServed(ServiceChain chain, Document at, Configuration all, Set<String> served) {
        checkServed("spec.profiles", chain.spec().hops(), at, all, served);
        checkServed("spec.reverse", chain.spec().reverse().orElse(List.of()), at, all, served);
    }

    private static void checkServed(
            String list, List<ServiceChain.Hop> hops, Document at, Configuration all, Set<String> served) {
        for (int i = 0; i < hops.size(); i++) {
            String service = hops.get(i).service();
            if (all.service(service).isPresent() && !served.contains(service)) {
                String path = list + "[" + i + "]";
                at.warning(path, "no ServiceInstance has this service; its failure action applies to every packet");
            }
        }
    }

    /** What comes back through a translating node has to come through the nodes behind it first, or nobody could tell whose it is. */
    private static void checkReverse(ServiceChain chain, Document at, Configuration all) {
        List<String> translating = chain.spec().services().stream()
                .filter(name -> all.service(name)
                        .filter(service -> service.spec().translation() != Service.Translation.NONE)
                        .isPresent())
                .toList();
        List<ServiceChain.Hop> opposite = chain.spec().hops().reversed();
        if (!translating.isEmpty() && !chain.spec().reverse().orElse(opposite).equals(opposite)) {
            at.error(
                    "spec.reverse",
                    "is not profiles the other way round, but Service/" + translating.getFirst()
                            + " translates: answers have to come back through the same services in opposite order",
                    "leave it out, or a chain without services that translate");
        }
    }
}
