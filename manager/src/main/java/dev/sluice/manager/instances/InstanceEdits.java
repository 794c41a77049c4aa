package dev.sluice.manager.instances;

import dev.sluice.manager.instances.Fleet.Instance;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import dev.sluice.model.ServiceDeployment;
import dev.sluice.model.ServiceDeployment.Mode;
import dev.sluice.model.ServiceDeployment.OfPlaces;
import dev.sluice.model.ServiceDeployment.Place;
import dev.sluice.model.ServiceInstance.PacketCap;
import dev.sluice.model.WrittenObject;
import dev.sluice.southbound.Protocol;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Instances of deployments as objects, and changes of them. Stateless. */
final class InstanceEdits {
    /** Since when the manager drains an instance, and for which reason. */
    static final String DRAINING_SINCE = "sluice.dev/draining-since";

    /** Label with the name of the deployment, to select by; what counts is the field. */
    static final String LABEL = "deployment";

    /** How far away it is: whoever stands by is further away than whoever is active. */
    static final String METRIC = "metric";

    private static final String WEIGHT = "weight";
    private static final String RATE = "packetsPerSecondMax";
    private static final String BURST = "packetsBurstMax";

    private InstanceEdits() {}

    /** What an instance is to be that a deployment makes. */
    static ObjectNode tree(Wanted wanted, int number, String node, Optional<Place> place) {
        ManagedObject deployment = wanted.deployment();
        ServiceDeployment.Spec spec = wanted.spec();
        String name = deployment.name() + "-" + number;
        ObjectNode tree = Trees.object();
        tree.put("apiVersion", ManagedObject.API_VERSION);
        tree.put("kind", Kind.SERVICE_INSTANCE.word());
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", name);
        metadata.putObject("labels").put(LABEL, deployment.name());
        ObjectNode of = tree.putObject("spec");
        of.put("service", spec.service());
        of.put("node", node);
        of.put(WEIGHT, spec.template().weight());
        if (spec.mode() == Mode.ACTIVE_STANDBY && number > 1) {
            of.put(METRIC, number - 1);
        }
        spec.template().cap().ifPresent(cap -> of.put(RATE, cap.packetsPerSecondMax()));
        ObjectNode interfaces = of.putObject("interfaces");
        if (place.isPresent()) {
            interfaces.put("in", place.get().in());
            place.get().out().ifPresent(out -> interfaces.put("out", out));
        } else {
            interfaces.put("in", interfaceName(name, "i"));
            if (spec.template().arms() == 2) {
                interfaces.put("out", interfaceName(name, "o"));
            }
        }
        ObjectNode runtime = of.putObject("runtime");
        runtime.put("deployment", deployment.name());
        if (!(spec.template().making() instanceof OfPlaces)) {
            wanted.image().ifPresent(image -> runtime.put("image", image));
            for (String driver : new String[] {"command", "hook"}) {
                JsonNode said = deployment.tree().path("spec").get(driver);
                if (said != null) {
                    runtime.set(driver, said.deepCopy());
                }
            }
        }
        return tree;
    }

    /** 12 of the 15 bytes that Linux allows; the same instance, the same names. */
    static String interfaceName(String instance, String side) {
        return "sl" + Protocol.sha256(instance.getBytes(StandardCharsets.UTF_8)).substring(0, 10) + side;
    }

    static Edit create(ObjectNode tree) {
        return new Edit.Create(written(tree));
    }

    /** The same with no new flows. */
    static Edit drain(ManagedObject instance, Instant now) {
        ObjectNode tree = instance.written();
        spec(tree).put("adminState", "drain");
        ObjectNode metadata = (ObjectNode) tree.get("metadata");
        ObjectNode annotations =
                metadata.get("annotations") instanceof ObjectNode there ? there : metadata.putObject("annotations");
        annotations.put(DRAINING_SINCE, now.truncatedTo(ChronoUnit.MILLIS).toString());
        return new Edit.Replace(written(tree), instance.revision());
    }

    /** The same in use again. */
    static Edit resume(ManagedObject instance) {
        ObjectNode tree = instance.written();
        spec(tree).remove("adminState");
        if (tree.path("metadata").get("annotations") instanceof ObjectNode annotations) {
            annotations.remove(DRAINING_SINCE);
        }
        return new Edit.Replace(written(tree), instance.revision());
    }

    /** The same with the weight and the cap that its deployment says now; empty: it has them, or those that people wrote. */
    static Optional<Edit> adjusted(ServiceDeployment.Spec said, Instance instance) {
        ManagedObject object = instance.object();
        ObjectNode tree = object.written();
        boolean changed = false;
        int weight = said.template().weight();
        if (instance.read().spec().weight() != weight && !isOfPeople(object, WEIGHT)) {
            spec(tree).put(WEIGHT, weight);
            changed = true;
        }
        Optional<Integer> rate = said.template().cap().map(PacketCap::packetsPerSecondMax);
        Optional<Integer> has = instance.read().spec().cap().map(PacketCap::packetsPerSecondMax);
        // A burst that people wrote needs a cap beside it.
        boolean mayChange = !isOfPeople(object, RATE) && (rate.isPresent() || !isOfPeople(object, BURST));
        if (!has.equals(rate) && mayChange) {
            rate.ifPresentOrElse(
                    most -> spec(tree).put(RATE, most), () -> spec(tree).remove(RATE));
            changed = true;
        }
        return changed ? Optional.of(new Edit.Replace(written(tree), object.revision())) : Optional.empty();
    }

    /** Whether people wrote a field of the specification, with or without the manager. */
    static boolean isOfPeople(ManagedObject instance, String field) {
        Set<String> owners = instance.ownersOf("/spec/" + field);
        return !owners.isEmpty() && !owners.equals(Set.of(Deployments.CALLER.manager()));
    }

    static Edit delete(ManagedObject instance) {
        return new Edit.Remove(Kind.SERVICE_INSTANCE, instance.name(), instance.revision());
    }

    /** Since when the manager drains it; empty: it does not. */
    static Optional<Instant> drainingSince(ManagedObject instance) {
        if (!instance.ownersOf("/spec/adminState").equals(Set.of(Deployments.CALLER.manager()))) {
            // Somebody else drains it; the annotation may be left over from another time.
            return Optional.empty();
        }
        String since = instance.tree()
                .path("metadata")
                .path("annotations")
                .path(DRAINING_SINCE)
                .asString("");
        try {
            return since.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(since));
        } catch (DateTimeParseException e) {
            // Somebody wrote there: it drains, whenever that began.
            return Optional.of(Instant.EPOCH);
        }
    }

    private static ObjectNode spec(ObjectNode tree) {
        return (ObjectNode) tree.get("spec");
    }

    private static WrittenObject written(ObjectNode tree) {
        return WrittenObject.read("", Trees.text(tree)).objects().getFirst();
    }
}
