package dev.sluice.manager.instances;

import dev.sluice.manager.instances.FleetWatch.Condition;
import dev.sluice.manager.instances.Member.State;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Autoscale.Measure;
import dev.sluice.model.InstanceRuntime;
import dev.sluice.model.ReadObject;
import dev.sluice.model.ServiceDeployment;
import dev.sluice.model.ServiceDeployment.OfPlaces;
import dev.sluice.model.ServiceDeployment.Place;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.AdminState;
import dev.sluice.model.ServiceInstance.Interfaces;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A deployment and its instances, at one moment. Immutable.
 *
 * @param members as the plan takes them
 * @param loads what passes each, by name
 * @param hosts where placement allows instances and an agent is connected
 */
record Fleet(List<Member> members, Map<String, FleetWatch.Load> loads, SortedSet<String> hosts) {
    /** The load of all instances together; empty: nobody says anything of one that serves. */
    OptionalDouble load(Measure measure) {
        List<Double> known = members.stream()
                .map(member -> load(member, measure))
                .filter(OptionalDouble::isPresent)
                .map(OptionalDouble::getAsDouble)
                .toList();
        return known.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(known.stream().mapToDouble(each -> each).sum());
    }

    /** Whether the load of all is known that have any. */
    boolean loadIsWhole(Measure measure) {
        return members.stream()
                .filter(member ->
                        member.isReady() || member.state() == State.DRAINING || member.state() == State.UNKNOWN)
                .allMatch(member -> load(member, measure).isPresent());
    }

    private OptionalDouble load(Member member, Measure measure) {
        FleetWatch.Load load = loads.get(member.name());
        boolean silent = member.state() == State.UNKNOWN || member.state() == State.PENDING;
        if (load == null || silent) {
            return OptionalDouble.empty();
        }
        return switch (measure) {
            case FLOWS -> load.flows() < 0 ? OptionalDouble.empty() : OptionalDouble.of((double) load.flows());
            case PACKETS_PER_SECOND ->
                load.packetsPerSecond() < 0 ? OptionalDouble.empty() : OptionalDouble.of(load.packetsPerSecond());
            case CPU_PERCENT ->
                load.cpuPermille().isEmpty()
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(load.cpuPermille().getAsInt() / 10.0);
        };
    }

    /** An instance object, read. */
    record Instance(ManagedObject object, ServiceInstance read) {
        String node() {
            return read.spec().node().orElse("");
        }

        String deployment() {
            return read.spec().runtime().flatMap(InstanceRuntime::deployment).orElse("");
        }
    }

    /** What the moment is. */
    record Moment(Sight sight, Instant now, long nowNs) {}

    /** Of instances whose deployment is gone; they have as much time as deployments give that say nothing. */
    static Fleet orphans(List<Instance> instances, long deadlineNs, FleetWatch watch, Moment at) {
        List<Member> members = new ArrayList<>();
        Map<String, FleetWatch.Load> loads = new LinkedHashMap<>();
        for (Instance instance : instances) {
            FleetWatch.Load load = watch.load(at.sight(), instance.read().name(), instance.node());
            loads.put(instance.read().name(), load);
            Terms terms = new Terms(Optional.empty(), false, true, Long.MAX_VALUE, deadlineNs);
            members.add(member(instance, terms, load, watch, at));
        }
        return new Fleet(members, loads, new TreeSet<>());
    }

    /**
     * Looks at a deployment.
     *
     * @param nodes the Nodes that there are
     */
    static Fleet of(
            Wanted wanted, List<Instance> instances, Collection<ManagedObject> nodes, FleetWatch watch, Moment at) {
        ServiceDeployment.Spec spec = wanted.spec();
        SortedSet<String> allowed = allowed(spec, nodes, at.sight());
        List<Member> members = new ArrayList<>();
        Map<String, FleetWatch.Load> loads = new LinkedHashMap<>();
        for (Instance instance : instances) {
            String name = instance.read().name();
            FleetWatch.Load load = watch.load(at.sight(), name, instance.node());
            loads.put(name, load);
            Optional<Place> place = place(spec, instance);
            boolean current = allowed.contains(instance.node()) && isAsSaid(wanted, instance, place);
            Terms terms = new Terms(
                    place,
                    current,
                    InstanceEdits.adjusted(spec, instance).isEmpty(),
                    spec.replaceAfterNs(),
                    spec.drainDeadlineNs());
            members.add(member(instance, terms, load, watch, at));
        }
        allowed.removeIf(host -> !at.sight().isConnected(host));
        return new Fleet(members, loads, allowed);
    }

    /** What its deployment says of an instance. */
    private record Terms(
            Optional<Place> place, boolean current, boolean shareFollows, long replaceAfterNs, long deadlineNs) {}

    private static Member member(Instance instance, Terms terms, FleetWatch.Load load, FleetWatch watch, Moment at) {
        String name = instance.read().name();
        boolean made =
                instance.read().spec().runtime().filter(InstanceRuntime::isMade).isPresent();
        Condition condition = FleetWatch.condition(at.sight(), name, instance.node(), made);
        Optional<Instant> since = InstanceEdits.drainingSince(instance.object());
        AdminState admin = instance.read().spec().adminState();
        boolean draining = admin == AdminState.DRAIN && since.isPresent();
        String mayGo = "";
        boolean overdue = false;
        if (draining) {
            condition = new Condition(State.DRAINING, load.flows() < 0 ? "" : load.flows() + " flows are left");
            mayGo = watch.mayGo(at.sight(), name, load.records(), since.get(), terms.deadlineNs(), at.nowNs());
        } else if (admin != AdminState.UP) {
            condition = new Condition(State.HELD, "its adminState is " + admin.word());
        } else {
            overdue = watch.notReadyNs(name, condition.state() == State.READY, at.nowNs()) >= terms.replaceAfterNs();
        }
        return new Member(
                name,
                number(instance),
                instance.node(),
                terms.place(),
                condition.state(),
                condition.reason(),
                terms.current(),
                overdue,
                mayGo,
                load.flows(),
                terms.shareFollows());
    }

    /** The number in a name; 0: it has none. */
    private static int number(Instance instance) {
        String name = instance.read().name();
        return number(instance.deployment(), name);
    }

    /** The number that an instance of that name would have in a deployment; 0: none. */
    static int number(String deployment, String name) {
        String rest = name.startsWith(deployment + "-") ? name.substring(deployment.length() + 1) : "";
        return rest.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(rest) : 0;
    }

    private static Optional<Place> place(ServiceDeployment.Spec spec, Instance instance) {
        if (!(spec.template().making() instanceof OfPlaces(List<Place> places))
                || !(instance.read().spec().attachment() instanceof Interfaces interfaces)) {
            return Optional.empty();
        }
        return places.stream()
                .filter(place -> place.node().equals(instance.node())
                        && place.in().equals(interfaces.in().interfaceName()))
                .findFirst();
    }

    /** Whether it is made as the deployment says now; how many flows it gets is no matter of that. */
    private static boolean isAsSaid(Wanted wanted, Instance instance, Optional<Place> place) {
        if (wanted.spec().template().making() instanceof OfPlaces && place.isEmpty()) {
            return false;
        }
        int number = number(instance);
        return number > 0
                && ReadObject.read(Trees.text(InstanceEdits.tree(wanted, number, instance.node(), place)))
                        .filter(said -> said.resource() instanceof ServiceInstance is
                                && is.spec()
                                        .service()
                                        .equals(instance.read().spec().service())
                                && isAsFar(is, instance)
                                && is.spec()
                                        .runtime()
                                        .equals(instance.read().spec().runtime())
                                && is.spec()
                                        .attachment()
                                        .equals(instance.read().spec().attachment()))
                        .isPresent();
    }

    /** Whether its metric is that of its mode; one that people wrote is left to them. */
    private static boolean isAsFar(ServiceInstance wanted, Instance instance) {
        return InstanceEdits.isOfPeople(instance.object(), InstanceEdits.METRIC)
                || wanted.spec().metric() == instance.read().spec().metric();
    }

    private static SortedSet<String> allowed(
            ServiceDeployment.Spec spec, Collection<ManagedObject> nodes, Sight sight) {
        SortedSet<String> allowed = new TreeSet<>();
        Optional<String> cluster = spec.placement().cluster();
        for (ManagedObject node : nodes) {
            String label = node.labels().getOrDefault(ServiceDeployment.CLUSTER_LABEL, "");
            if (cluster.isEmpty() || cluster.get().equals(label)) {
                allowed.add(node.name());
            }
        }
        if (cluster.isEmpty()) {
            // Hosts that nobody wrote a Node for have the usual settings.
            allowed.addAll(sight.hosts().keySet());
        }
        List<String> chosen = spec.placement().hosts();
        if (!chosen.isEmpty()) {
            allowed.retainAll(chosen);
        }
        return allowed;
    }
}
