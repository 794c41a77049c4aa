package dev.sluice.manager.instances;

import dev.sluice.manager.instances.Member.State;
import dev.sluice.model.ServiceDeployment;
import dev.sluice.model.ServiceDeployment.OfPlaces;
import dev.sluice.model.ServiceDeployment.Place;
import dev.sluice.model.ServiceDeployment.Spread;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

/**
 * What is to be done now so that a deployment becomes what it is to be. Without state, clock and side effects: the same seen, the same said.
 *
 * <p>What holds whatever is seen: an instance is deleted only after it was drained, and only when it has no flows left or its time is over; no more are made than are missing; with {@code spread: hosts} no two
 * are on one host; one that serves and is to be replaced is drained only when what takes its place serves, unless there is no room for both.
 */
final class FleetPlan {
    /** One thing to be done. */
    sealed interface Step {}

    /** A new instance. */
    record Create(int number, String node, Optional<Place> place) implements Step {}

    /** One that is draining is needed after all. */
    record Resume(String name) implements Step {}

    /** One gets no new flows from now on. */
    record Drain(String name, String why) implements Step {}

    /** One gets another share of flows, or packets, from now on. */
    record Adjust(String name) implements Step {}

    /** One is gone. */
    record Delete(String name, String why) implements Step {}

    /**
     * What is to be done.
     *
     * @param missing how many instances find no place
     * @param why why not; empty: all have one
     */
    record Plan(List<Step> steps, int missing, String why) {}

    private final ServiceDeployment.Spec spec;
    private final int desired;
    private final List<Member> members;
    private final SortedSet<String> hosts;
    private final Set<Integer> numbersTaken;
    private final List<Step> steps = new ArrayList<>();

    private final Map<String, Integer> crowd = new HashMap<>();
    private final Set<Place> placesTaken = new HashSet<>();
    private final Set<String> avoided = new HashSet<>();

    private FleetPlan(
            ServiceDeployment.Spec spec,
            int desired,
            List<Member> members,
            SortedSet<String> hosts,
            Collection<Integer> numbersTaken) {
        this.spec = spec;
        this.desired = desired;
        this.members = members;
        this.hosts = hosts;
        this.numbersTaken = new HashSet<>(numbersTaken);
        for (Member member : members) {
            occupy(member.node(), member.place());
            this.numbersTaken.add(member.number());
            if (member.stays() && member.overdue()) {
                avoided.add(member.node());
            }
        }
    }

    private void occupy(String node, Optional<Place> place) {
        crowd.merge(node, 1, Integer::sum);
        place.ifPresent(placesTaken::add);
    }

    /**
     * Decides.
     *
     * @param desired how many instances there are to be
     * @param members those that there are, whatever their state
     * @param hosts where instances may be made now
     * @param numbersTaken numbers that names of other objects use
     */
    static Plan of(
            ServiceDeployment.Spec spec,
            int desired,
            List<Member> members,
            SortedSet<String> hosts,
            Collection<Integer> numbersTaken) {
        return new FleetPlan(spec, desired, members, hosts, numbersTaken).plan();
    }

    /** Of instances whose deployment is gone: all go. */
    static Plan ofNone(List<Member> members) {
        List<Step> steps = new ArrayList<>();
        for (Member member : members) {
            if (member.state() != State.DRAINING) {
                steps.add(new Drain(member.name(), "its deployment is gone"));
            } else if (!member.mayGo().isEmpty()) {
                steps.add(new Delete(member.name(), member.mayGo()));
            }
        }
        return new Plan(steps, 0, "");
    }

    private Plan plan() {
        for (Member member : members) {
            if (member.state() == State.DRAINING && !member.mayGo().isEmpty()) {
                steps.add(new Delete(member.name(), member.mayGo()));
            }
        }
        List<Member> counted = members.stream().filter(Member::counts).toList();
        int need = desired - counted.size();
        if (need > 0) {
            need = resume(need);
        }
        int missing = 0;
        while (need > 0 && create()) {
            need--;
        }
        if (need > 0) {
            missing = need;
        }
        long ready = counted.stream().filter(Member::isReady).count();
        replace(counted, ready, missing);
        shrink(counted);
        adjust();
        return new Plan(List.copyOf(steps), missing, missing == 0 ? "" : whyNot());
    }

    /** Those that still serve are there at once; the one with the most flows first. */
    private int resume(int need) {
        List<Member> back = members.stream()
                .filter(member -> member.state() == State.DRAINING && member.current() && !member.overdue())
                .filter(member -> member.mayGo().isEmpty())
                .sorted(Comparator.comparingLong(Member::flows).reversed().thenComparingInt(Member::number))
                .limit(need)
                .toList();
        back.forEach(member -> steps.add(new Resume(member.name())));
        return need - back.size();
    }

    /** Whether a place was found for one more. */
    private boolean create() {
        Optional<Place> place = Optional.empty();
        Optional<String> host;
        if (spec.template().making() instanceof OfPlaces(List<Place> places)) {
            place = places.stream()
                    .filter(each -> isFree(each) && isOpen(each.node()))
                    .min(Comparator.comparingInt((Place each) -> crowd.getOrDefault(each.node(), 0)));
            host = place.map(Place::node);
        } else {
            host = hosts.stream()
                    .filter(this::isOpen)
                    .min(Comparator.comparingInt((String each) -> crowd.getOrDefault(each, 0)));
        }
        if (host.isEmpty()) {
            return false;
        }
        int number = 1;
        while (!numbersTaken.add(number)) {
            number++;
        }
        steps.add(new Create(number, host.get(), place));
        occupy(host.get(), place);
        return true;
    }

    private boolean isFree(Place place) {
        return placesTaken.stream()
                .noneMatch(taken -> taken.node().equals(place.node())
                        && (taken.in().equals(place.in()) || taken.out().equals(Optional.of(place.in()))));
    }

    private boolean isOpen(String host) {
        return hosts.contains(host)
                && !avoided.contains(host)
                && (spec.placement().spread() != Spread.HOSTS || !crowd.containsKey(host));
    }

    /** Those that are not as they are to be go when others serve in their place; or one at a time first, if there is no room for both. */
    private void replace(List<Member> counted, long ready, int missing) {
        List<Member> replaced = members.stream()
                .filter(member -> member.stays() && !member.counts())
                .toList();
        if (replaced.isEmpty()) {
            return;
        }
        if (ready >= desired) {
            replaced.forEach(member -> steps.add(new Drain(member.name(), whyReplaced(member))));
            return;
        }
        boolean goingAlready = members.stream().anyMatch(member -> member.state() == State.DRAINING);
        boolean settled = counted.stream().allMatch(Member::isReady);
        if (missing > 0 && !goingAlready && settled) {
            replaced.stream()
                    .min(Comparator.comparing(Member::isReady).thenComparingLong(Member::flows))
                    .ifPresent(member -> steps.add(new Drain(member.name(), whyReplaced(member))));
        }
    }

    private static String whyReplaced(Member member) {
        return member.overdue()
                ? "it is not ready: " + member.reason()
                : "the deployment says otherwise now how or where it is made";
    }

    /** The last to go are those that serve most, on hosts with fewest. */
    private void shrink(List<Member> counted) {
        List<Member> left = new ArrayList<>(counted);
        Map<String, Integer> perHost = new HashMap<>();
        counted.forEach(member -> perHost.merge(member.node(), 1, Integer::sum));
        while (left.size() > desired) {
            Member next = left.stream()
                    .min(Comparator.comparing(Member::isReady)
                            .thenComparingInt(member -> -perHost.getOrDefault(member.node(), 0))
                            .thenComparingLong(Member::flows)
                            .thenComparing(
                                    Comparator.comparingInt(Member::number).reversed()))
                    .orElseThrow();
            left.remove(next);
            perHost.merge(next.node(), -1, Integer::sum);
            steps.add(new Drain(next.name(), "there are to be " + desired + " instances"));
        }
    }

    /** Those that stay; what drains has its share for nothing, and one that is used again gets it next time. */
    private void adjust() {
        Set<String> leaving = new HashSet<>();
        for (Step step : steps) {
            if (step instanceof Drain(String name, String _)) {
                leaving.add(name);
            }
        }
        members.stream()
                .filter(member -> member.state() != State.DRAINING && !member.shareFollows())
                .filter(member -> !leaving.contains(member.name()))
                .forEach(member -> steps.add(new Adjust(member.name())));
    }

    private String whyNot() {
        if (hosts.isEmpty()) {
            return "no host that placement allows has an agent that is connected";
        }
        if (spec.template().making() instanceof OfPlaces) {
            return "all places of existing on hosts that are connected are taken";
        }
        return spec.placement().spread() == Spread.HOSTS
                ? "each of the hosts that placement allows has an instance already, and spread says one each: "
                        + String.join(", ", hosts.stream().limit(10).toList())
                : "on each of the hosts that placement allows an instance fails: "
                        + String.join(", ", hosts.stream().limit(10).toList());
    }
}
