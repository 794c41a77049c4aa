package dev.sluice.manager.instances;

import dev.sluice.manager.instances.Fleet.Instance;
import dev.sluice.manager.instances.FleetPlan.Adjust;
import dev.sluice.manager.instances.FleetPlan.Create;
import dev.sluice.manager.instances.FleetPlan.Delete;
import dev.sluice.manager.instances.FleetPlan.Drain;
import dev.sluice.manager.instances.FleetPlan.Plan;
import dev.sluice.manager.instances.FleetPlan.Resume;
import dev.sluice.manager.instances.FleetPlan.Step;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.ReadObject;
import dev.sluice.model.Resource;
import dev.sluice.model.ServiceDeployment;
import dev.sluice.model.ServiceInstance;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings deployments a step nearer to what they are to be, each time it is asked to. No threads or clocks: everything that happens is a call. One user.
 */
final class Deployments {
    private static final Logger LOG = LoggerFactory.getLogger(Deployments.class);

    /** Under which name the manager itself owns the fields of instances. */
    static final Caller CALLER = new Caller(ManagedObject.DEPLOYMENTS, ManagedObject.DEPLOYMENTS);

    /** As long as a deployment gives that says nothing. */
    private static final long ORPHAN_DEADLINE_NS = 300_000_000_000L;

    private final Inventory inventory;
    private final Sight.Source source;
    private final FleetWatch watch = new FleetWatch();
    private final FleetStatus statuses;
    private final List<Condition> fence;
    private final Map<String, Autoscaler> autoscalers = new HashMap<>();

    /** What objects say, by title; kept as long as the object is the same. */
    private Map<String, Known> known = new HashMap<>();

    private record Known(ManagedObject object, Optional<Resource> read) {}

    Deployments(Inventory inventory, List<Condition> fence, Sight.Source source) {
        this.inventory = inventory;
        this.fence = fence;
        statuses = new FleetStatus(fence);
        this.source = source;
    }

    /**
     * Everything that one step is about.
     *
     * @param names of all instances
     * @param images what services are made from, of those that say it
     */
    private record Objects(
            List<ManagedObject> deployments,
            List<Instance> instances,
            List<ManagedObject> nodes,
            Set<String> names,
            Map<String, String> images) {}

    /**
     * Looks and does what is to be done.
     *
     * @return whether there is anything to be followed
     * @throws Refusal if objects cannot be read now
     */
    boolean step(Instant now, long nowNs) throws InterruptedException {
        Objects objects = objects();
        if (objects.deployments.isEmpty() && objects.instances.isEmpty()) {
            return false;
        }
        List<String> names =
                objects.instances.stream().map(each -> each.read().name()).toList();
        watch.keepOnly(names);
        autoscalers
                .keySet()
                .retainAll(objects.deployments.stream().map(ManagedObject::name).toList());
        Fleet.Moment at = new Fleet.Moment(source.look(names), now, nowNs);
        Map<String, List<Instance>> byDeployment = new TreeMap<>();
        objects.instances.forEach(instance -> byDeployment
                .computeIfAbsent(instance.deployment(), _ -> new ArrayList<>())
                .add(instance));
        for (ManagedObject deployment : objects.deployments) {
            List<Instance> own =
                    Optional.ofNullable(byDeployment.remove(deployment.name())).orElse(List.of());
            follow(deployment, own, objects, at);
        }
        byDeployment.forEach((name, orphans) -> {
            Fleet fleet = Fleet.orphans(orphans, ORPHAN_DEADLINE_NS, watch, at);
            execute(name, FleetPlan.ofNone(fleet.members()), orphans, Optional.empty(), at);
            statuses.instances(inventory, orphans, fleet, now);
        });
        return true;
    }

    /** What was decided last, also by a manager before this one; at first as many as there are. */
    private static int desiredBefore(ManagedObject deployment, Fleet fleet) {
        int said = deployment
                .tree()
                .path("status")
                .path("autoscaler")
                .path("desired")
                .asInt(0);
        return said > 0
                ? said
                : (int) fleet.members().stream().filter(Member::stays).count();
    }

    private Objects objects() {
        List<ManagedObject> deployments = new ArrayList<>();
        List<Instance> instances = new ArrayList<>();
        List<ManagedObject> nodes = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        Map<String, String> images = new HashMap<>();
        Map<String, Known> now = new HashMap<>();
        for (ManagedObject object : inventory.all().objects()) {
            switch (object.kind()) {
                case NODE -> nodes.add(object);
                case SERVICE -> {
                    String image = object.tree().path("spec").path("image").asString("");
                    if (!image.isEmpty()) {
                        images.put(object.name(), image);
                    }
                }
                case SERVICE_DEPLOYMENT -> deployments.add(object);
                case SERVICE_INSTANCE -> {
                    names.add(object.name());
                    boolean byDeployment =
                            object.tree().path("spec").path("runtime").has("deployment");
                    if (byDeployment && read(object, now) instanceof ServiceInstance instance) {
                        Instance made = new Instance(object, instance);
                        // One that could not have this name was not made by the deployment; names say whose tenant an
                        // object is, too.
                        if (Fleet.number(made.deployment(), object.name()) > 0) {
                            instances.add(made);
                        }
                    }
                }
                default -> {}
            }
        }
        known = now;
        return new Objects(deployments, instances, nodes, names, images);
    }

    /** What an object says; reading it again and again would cost more than everything else. */
    private @Nullable Resource read(ManagedObject object, Map<String, Known> now) {
        Known before = known.get(object.title());
        Known is = before != null && before.object.revision() == object.revision()
                ? before
                : new Known(
                        object, ReadObject.read(Trees.text(object.written())).map(ReadObject::resource));
        now.put(object.title(), is);
        return is.read.orElse(null);
    }

    private void follow(ManagedObject deployment, List<Instance> own, Objects objects, Fleet.Moment at) {
        if (!(read(deployment, known) instanceof ServiceDeployment wanted)) {
            return;
        }
        ServiceDeployment.Spec spec = wanted.spec();
        Wanted is = new Wanted(deployment, spec, Optional.ofNullable(objects.images.get(spec.service())));
        Fleet fleet = Fleet.of(is, own, objects.nodes, watch, at);
        Optional<Autoscaler.Decision> decision = spec.autoscale()
                .map(autoscale -> autoscalers
                        .computeIfAbsent(deployment.name(), _ -> new Autoscaler(desiredBefore(deployment, fleet)))
                        .decide(
                                autoscale,
                                fleet.load(autoscale.measure()),
                                fleet.loadIsWhole(autoscale.measure()),
                                at.nowNs()));
        if (decision.isEmpty()) {
            autoscalers.remove(deployment.name());
        }
        int desired = decision.map(Autoscaler.Decision::desired).orElse(spec.replicas());
        List<Integer> taken = objects.names.stream()
                .map(name -> Fleet.number(deployment.name(), name))
                .toList();
        Plan plan = FleetPlan.of(spec, desired, fleet.members(), fleet.hosts(), taken);
        String trouble = execute(deployment.name(), plan, own, Optional.of(is), at);
        statuses.deployment(
                inventory, deployment, new FleetStatus.Said(desired, fleet, plan, trouble, decision), at.now());
        statuses.instances(inventory, own, fleet, at.now());
    }

    /** Does what is planned, each thing for itself; why something cannot be done. */
    private String execute(String name, Plan plan, List<Instance> own, Optional<Wanted> wanted, Fleet.Moment at) {
        String trouble = "";
        for (Step step : plan.steps()) {
            Optional<Edit> edit = switch (step) {
                case Create create ->
                    wanted.map(is -> InstanceEdits.create(
                            InstanceEdits.tree(is, create.number(), create.node(), create.place())));
                case Resume(String instance) -> find(own, instance).map(found -> InstanceEdits.resume(found.object()));
                case Adjust(String instance) ->
                    wanted.flatMap(
                            is -> find(own, instance).flatMap(found -> InstanceEdits.adjusted(is.spec(), found)));
                case Drain(String instance, String _) ->
                    find(own, instance).map(found -> InstanceEdits.drain(found.object(), at.now()));
                case Delete(String instance, String _) ->
                    find(own, instance).map(found -> InstanceEdits.delete(found.object()));
            };
            if (edit.isEmpty()) {
                continue;
            }
            try {
                inventory.change(List.of(edit.get()), CALLER, false, fence);
                LOG.info("deployment {}: {}", name, words(name, step));
                if (step instanceof Delete(String instance, String why)) {
                    statuses.gone(name, instance, why, at.now());
                }
            } catch (Refusal e) {
                if (e.reason() != Refusal.Reason.CONFLICT || !isRace(step)) {
                    trouble = words(name, step) + ": " + e.getMessage();
                }
            }
        }
        return trouble;
    }

    /** Somebody else may have changed the same instance at the same moment: next time it is looked at anew. */
    private static boolean isRace(Step step) {
        return !(step instanceof Delete);
    }

    private static Optional<Instance> find(List<Instance> own, String name) {
        return own.stream()
                .filter(instance -> instance.object().name().equals(name))
                .findFirst();
    }

    private static String words(String deployment, Step step) {
        return switch (step) {
            case Create(int number, String node, var _) -> "creates " + deployment + "-" + number + " on " + node;
            case Resume(String instance) -> "uses " + instance + " again";
            case Adjust(String instance) -> "gives " + instance + " the weight and the cap that it says now";
            case Drain(String instance, String why) -> "drains " + instance + ", since " + why;
            case Delete(String instance, String why) -> "deletes " + instance + ", since " + why;
        };
    }
}
