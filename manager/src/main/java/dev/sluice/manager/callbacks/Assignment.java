package dev.sluice.manager.callbacks;

import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Configuration;
import dev.sluice.model.Kind;
import dev.sluice.model.ReadObject;
import dev.sluice.model.Resource;
import dev.sluice.model.Service;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceManager;
import dev.sluice.model.ServiceProfile;
import dev.sluice.model.VendorTemplate;
import dev.sluice.southbound.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * All that a service manager has to know: its services, their profiles and instances, and what the nodes are to do for which packets: (chain, direction, service index) -> service and profile. The whole
 * of it each time, so that whoever missed something has missed nothing. Immutable.
 *
 * <p>A service manager of a tenant is told of chains of this tenant and of those that all share.
 *
 * @param manager the object that it is for
 * @param spec what that says
 * @param version names the contents: another one if anything is different
 * @param tree the contents, with the version
 */
public record Assignment(ManagedObject manager, ServiceManager.Spec spec, String version, ObjectNode tree) {
    /** The service index of packets on their way to the first node (RFC 8300 2.2); each service takes one off. */
    private static final int FIRST_INDEX = 255;

    private static final int VERSION_DIGITS = 32;

    /** Changes of other kinds change nothing here, and whoever may read all of these may read all that stands here. */
    public static final Set<Kind> KINDS = Collections.unmodifiableSet(EnumSet.of(
            Kind.SERVICE_MANAGER,
            Kind.SERVICE,
            Kind.VENDOR_TEMPLATE,
            Kind.SERVICE_PROFILE,
            Kind.SERVICE_ATTACHMENT,
            Kind.SERVICE_CHAIN,
            Kind.SERVICE_INSTANCE));

    /** Whether a change of an object of that kind may change what somebody has to know. */
    static boolean dependsOn(Kind kind) {
        return KINDS.contains(kind);
    }

    /** Those of all service managers, by name. */
    public static Map<String, Assignment> all(Collection<ManagedObject> objects, Tenants tenants) {
        Map<String, Assignment> all = new TreeMap<>();
        List<Read> read = read(objects);
        Configuration configuration =
                Configuration.of(read.stream().map(Read::resource).toList());
        for (Read each : read) {
            if (each.resource instanceof ServiceManager manager) {
                all.put(manager.name(), of(each.object, manager, read, configuration, tenants));
            }
        }
        return all;
    }

    /** That of one; empty if there is no such service manager. */
    public static Optional<Assignment> of(String name, Collection<ManagedObject> objects, Tenants tenants) {
        return Optional.ofNullable(all(objects, tenants).get(name));
    }

    private record Read(ManagedObject object, Resource resource) {}

    /** What cannot be read is nothing that anybody could do: the manager stores no such objects. */
    private static List<Read> read(Collection<ManagedObject> objects) {
        List<Read> read = new ArrayList<>();
        if (objects.stream().noneMatch(object -> object.kind() == Kind.SERVICE_MANAGER)) {
            return read;
        }
        for (ManagedObject object : objects) {
            if (dependsOn(object.kind())) {
                ReadObject.read(Trees.text(object.written()))
                        .ifPresent(found -> read.add(new Read(object, found.resource())));
            }
        }
        return read;
    }

    private static Assignment of(
            ManagedObject object, ServiceManager manager, List<Read> all, Configuration together, Tenants tenants) {
        String tenant = tenants.of(object.name());
        Set<String> mine = new HashSet<>(manager.spec().services());
        ObjectNode tree = Trees.object();
        tree.put("apiVersion", ManagedObject.API_VERSION);
        tree.put("kind", "ServiceManagerAssignment");
        tree.put("serviceManager", object.name());
        ArrayNode serviceTrees = tree.putArray("services");
        ArrayNode profiles = tree.putArray("profiles");
        ArrayNode instances = tree.putArray("instances");
        ArrayNode chains = tree.putArray("chains");
        for (Read each : all) {
            String owner = tenants.of(each.object.name());
            boolean seen = tenant.isEmpty() || owner.isEmpty() || owner.equals(tenant);
            switch (each.resource) {
                case Service service
                when seen && mine.contains(service.name()) -> serviceTrees.add(service(each.object, service.spec()));
                case ServiceProfile _
                when seen -> profile(each.object, mine, together).ifPresent(profiles::add);
                case ServiceInstance instance
                when seen && mine.contains(instance.spec().service()) ->
                    instances.add(instance(each.object, instance.spec()));
                case ServiceChain _
                when seen -> chain(each.object, mine, together).ifPresent(chains::add);
                default -> {}
            }
        }
        String version = version(tree);
        tree.put("version", version);
        return new Assignment(object, manager.spec(), version, tree);
    }

    /** How packets come; not what its liveness is signed with. */
    private static ObjectNode service(ManagedObject object, Service.Spec spec) {
        ObjectNode tree = Trees.object();
        tree.put("name", object.name());
        tree.put("generation", object.generation());
        tree.put("transport", spec.transport().word());
        tree.put("action", spec.action().word());
        return tree;
    }

    /** How a service is used where a chain names the profile. */
    private static Optional<ObjectNode> profile(ManagedObject object, Set<String> mine, Configuration all) {
        ServiceProfile.Spec spec = all.find(Kind.SERVICE_PROFILE, object.name())
                .map(ServiceProfile.class::cast)
                .orElseThrow()
                .spec();
        String service = spec.service().orElse("");
        if (!mine.contains(service)) {
            return Optional.empty();
        }
        Optional<VendorTemplate> template = spec.template()
                .flatMap(name -> all.find(Kind.VENDOR_TEMPLATE, name))
                .map(VendorTemplate.class::cast);
        ObjectNode tree = Trees.object();
        tree.put("name", object.name());
        tree.put("generation", object.generation());
        tree.put("service", service);
        spec.template().ifPresent(name -> tree.put("template", name));
        tree.put("action", all.action(service, spec.action()).word());
        ObjectNode parameters = tree.putObject("parameters");
        spec.parameters()
                .forEach((name, value) -> put(
                        parameters,
                        name,
                        value,
                        template.flatMap(of -> of.spec().parameter(name))
                                .map(VendorTemplate.Parameter::type)
                                .orElse(VendorTemplate.ParameterType.TEXT)));
        return Optional.of(tree);
    }

    private static void put(ObjectNode parameters, String name, String value, VendorTemplate.ParameterType type) {
        switch (type) {
            case TEXT -> parameters.put(name, value);
            case INTEGER -> parameters.put(name, Integer.parseInt(value));
            case BOOLEAN -> parameters.put(name, Boolean.parseBoolean(value));
        }
    }

    /** Where it is, and whether it is to serve; how it is made, with all secrets, is its host's business. */
    private static ObjectNode instance(ManagedObject object, ServiceInstance.Spec spec) {
        ObjectNode tree = Trees.object();
        tree.put("name", object.name());
        tree.put("generation", object.generation());
        tree.put("service", spec.service());
        spec.node().ifPresent(node -> tree.put("node", node));
        tree.put("adminState", spec.adminState().word());
        return tree;
    }

    /** What nodes are to do for packets of a chain; empty: it passes none of these services. */
    private static Optional<ObjectNode> chain(ManagedObject object, Set<String> mine, Configuration all) {
        ServiceChain.Spec spec = all.chain(object.name()).orElseThrow().spec();
        ObjectNode tree = Trees.object();
        tree.put("name", object.name());
        tree.put("generation", object.generation());
        tree.put("svni", spec.svni());
        ArrayNode rules = tree.putArray("rules");
        rules("forward", spec.hops(), spec, mine, all, rules);
        rules("reverse", spec.reverse().orElse(spec.hops().reversed()), spec, mine, all, rules);
        return rules.isEmpty() ? Optional.empty() : Optional.of(tree);
    }

    private static void rules(
            String direction,
            List<ServiceChain.Hop> hops,
            ServiceChain.Spec chain,
            Set<String> mine,
            Configuration all,
            ArrayNode rules) {
        for (int i = 0; i < hops.size(); i++) {
            ServiceChain.Hop hop = hops.get(i);
            if (mine.contains(hop.service())) {
                ObjectNode rule = rules.addObject()
                        .put("direction", direction)
                        .put("serviceIndex", FIRST_INDEX - i)
                        .put("service", hop.service());
                hop.profile().ifPresent(profile -> rule.put("profile", profile));
                rule.put("action", all.action(hop).word())
                        .put(
                                "onFailure",
                                hop.onFailure().orElse(chain.onFailure()).word());
            }
        }
    }

    private static String version(ObjectNode tree) {
        return Protocol.sha256(Trees.bytes(tree)).substring(0, VERSION_DIGITS);
    }
}
