package dev.sluice.manager.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.instances.FleetPlan.Adjust;
import dev.sluice.manager.instances.FleetPlan.Create;
import dev.sluice.manager.instances.FleetPlan.Delete;
import dev.sluice.manager.instances.FleetPlan.Drain;
import dev.sluice.manager.instances.FleetPlan.Plan;
import dev.sluice.manager.instances.FleetPlan.Resume;
import dev.sluice.manager.instances.FleetPlan.Step;
import dev.sluice.manager.instances.Member.State;
import dev.sluice.model.ReadObject;
import dev.sluice.model.ServiceDeployment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is to be done with instances, from what is seen of them (C15, V28). */
class FleetPlanTest {
    static ServiceDeployment.Spec spec(String more) {
        String text =
                "{apiVersion: sluice.dev/v1, kind: ServiceDeployment, metadata: {name: fw}, spec: {service: firewall, "
                        + more + "}}";
        return ((ServiceDeployment) ReadObject.read(text).orElseThrow().resource()).spec();
    }

    private static final ServiceDeployment.Spec PREFER = spec("command: {argv: [/fw]}");
    private static final ServiceDeployment.Spec SPREAD = spec("command: {argv: [/fw]}, placement: {spread: hosts}");

    private static Member member(int number, String node, State state, long flows) {
        return new Member("fw-" + number, number, node, Optional.empty(), state, "", true, false, "", flows, true);
    }

    private static Member ready(int number, String node) {
        return member(number, node, State.READY, 1);
    }

    private static Plan plan(ServiceDeployment.Spec spec, int desired, List<Member> members, String... hosts) {
        return FleetPlan.of(spec, desired, members, new TreeSet<>(Set.of(hosts)), List.of());
    }

    private static List<Step> steps(ServiceDeployment.Spec spec, int desired, List<Member> members, String... hosts) {
        return plan(spec, desired, members, hosts).steps();
    }

    private static Create create(int number, String node) {
        return new Create(number, node, Optional.empty());
    }

    @Test
    void instancesAreSpreadOverHosts() {
        assertThat(steps(PREFER, 3, List.of(), "a", "b"))
                .containsExactly(create(1, "a"), create(2, "b"), create(3, "a"));
        assertThat(steps(PREFER, 3, List.of(ready(2, "a")), "a", "b")).containsExactly(create(1, "b"), create(3, "a"));
    }

    @Test
    void twoOfOneHostAreNotMadeWhereEachIsToHaveItsOwn() {
        Plan plan = plan(SPREAD, 3, List.of(ready(1, "a")), "a", "b");
        assertThat(plan.steps()).containsExactly(create(2, "b"));
        assertThat(plan.missing()).isEqualTo(1);
        assertThat(plan.why()).contains("spread says one each: a, b");
        // One that is on its way out is still there.
        Member leaving = new Member("fw-1", 1, "a", Optional.empty(), State.DRAINING, "", false, false, "", 3, true);
        assertThat(steps(SPREAD, 2, List.of(leaving), "a")).isEmpty();
    }

    @Test
    void withoutAHostNothingIsMadeAndThatIsSaid() {
        Plan plan = plan(PREFER, 2, List.of());
        assertThat(plan.steps()).isEmpty();
        assertThat(plan.missing()).isEqualTo(2);
        assertThat(plan.why()).contains("no host that placement allows has an agent that is connected");
    }

    @Test
    void namesThatOthersUseAreLeftOut() {
        assertThat(FleetPlan.of(PREFER, 1, List.of(), new TreeSet<>(Set.of("a")), List.of(1, 2))
                        .steps())
                .containsExactly(create(3, "a"));
    }

    @Test
    void thoseGoFirstThatServeLeast() {
        List<Member> members = List.of(
                member(1, "a", State.READY, 5), member(2, "a", State.READY, 9), member(3, "b", State.STARTING, 0));
        assertThat(steps(PREFER, 2, members, "a", "b"))
                .singleElement()
                .isInstanceOfSatisfying(
                        Drain.class, drain -> assertThat(drain.name()).isEqualTo("fw-3"));
        assertThat(steps(PREFER, 1, members, "a", "b").stream().map(step -> ((Drain) step).name()))
                .containsExactly("fw-3", "fw-1");
    }

    @Test
    void oneThatDrainsIsDeletedOnlyWhenItMayGo() {
        Member waits = member(1, "a", State.DRAINING, 2);
        Member empty = new Member(
                "fw-2", 2, "b", Optional.empty(), State.DRAINING, "", true, false, "no flow is left", 0, true);
        assertThat(steps(PREFER, 0, List.of(waits, empty), "a", "b"))
                .containsExactly(new Delete("fw-2", "no flow is left"));
    }

    @Test
    void oneThatDrainsIsUsedAgainBeforeAnotherIsMade() {
        List<Member> members = List.of(ready(1, "a"), member(2, "b", State.DRAINING, 7));
        assertThat(steps(PREFER, 3, members, "a", "b")).containsExactly(new Resume("fw-2"), create(3, "a"));
    }

    @Test
    void anotherShareReachesThoseThatStay() {
        Member stays = withShare(ready(1, "a"), false);
        Member held = withShare(member(2, "b", State.HELD, 0), false);
        Member leaves = withShare(member(3, "b", State.DRAINING, 2), false);
        assertThat(steps(PREFER, 1, List.of(stays, held, leaves, ready(4, "b")), "a", "b"))
                .containsExactly(
                        new Drain("fw-4", "there are to be 1 instances"), new Adjust("fw-1"), new Adjust("fw-2"));
        assertThat(steps(PREFER, 0, List.of(stays), "a"))
                .containsExactly(new Drain("fw-1", "there are to be 0 instances"));
    }

    @Test
    void whatIsOtherwiseNowIsReplacedBeforeItGoes() {
        Member old = new Member("fw-1", 1, "a", Optional.empty(), State.READY, "", false, false, "", 4, true);
        assertThat(steps(PREFER, 1, List.of(old), "a", "b")).containsExactly(create(2, "b"));
        Member starting = member(2, "b", State.STARTING, 0);
        assertThat(steps(PREFER, 1, List.of(old, starting), "a", "b")).isEmpty();
        assertThat(steps(PREFER, 1, List.of(old, ready(2, "b")), "a", "b"))
                .singleElement()
                .isInstanceOf(Drain.class);
        // Without room for both, it goes first, and one at a time.
        Member other = new Member("fw-2", 2, "b", Optional.empty(), State.READY, "", false, false, "", 9, true);
        assertThat(steps(SPREAD, 2, List.of(old, other), "a", "b"))
                .containsExactly(new Drain("fw-1", "the deployment says otherwise now how or where it is made"));
    }

    @Test
    void oneThatFailsForLongIsReplacedElsewhere() {
        Member failed = new Member("fw-1", 1, "a", Optional.empty(), State.FAILED, "a: no", true, true, "", 0, true);
        assertThat(steps(PREFER, 1, List.of(failed), "a", "b")).containsExactly(create(2, "b"));
        Plan nowhere = plan(PREFER, 1, List.of(failed), "a");
        assertThat(nowhere.missing()).isEqualTo(1);
    }

    @Test
    void whatSomebodyHoldsIsLeftAlone() {
        Member held = member(1, "a", State.HELD, 0);
        assertThat(steps(PREFER, 1, List.of(held), "a", "b")).containsExactly(create(2, "b"));
        assertThat(steps(PREFER, 0, List.of(held), "a", "b")).isEmpty();
    }

    @Test
    void existingPlacesAreTakenOneByOne() {
        ServiceDeployment.Spec places =
                spec("existing: [{node: a, in: i1, out: o1}, {node: a, in: i2, out: o2}, {node: b, in: i1, out: o1}]");
        List<Step> steps = steps(places, 2, List.of(), "a", "b");
        assertThat(steps.stream().map(step -> ((Create) step).node())).containsExactly("a", "b");
        assertThat(plan(places, 4, List.of(), "a", "b").why()).contains("all places of existing");
    }

    /** Whatever happens to instances and hosts: what the plan promises holds, and when nothing happens any more it comes to rest where it is to be. */
    @Test
    void promisesHoldWhateverHappens() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            ServiceDeployment.Spec spec = random.nextBoolean() ? PREFER : SPREAD;
            List<Member> members = new ArrayList<>();
            TreeSet<String> hosts = new TreeSet<>(Set.of("a", "b", "c", "d"));
            int desired = 0;
            for (int round = 0; round < 60; round++) {
                boolean calm = round >= 30;
                if (!calm) {
                    desired = random.nextInt(5);
                    disturb(members, random);
                }
                Plan plan = FleetPlan.of(spec, desired, members, hosts, List.of());
                check(spec, desired, members, plan, "seed " + seed + " round " + round);
                apply(members, plan);
                settle(members, calm || random.nextBoolean());
            }
            assertThat(members.stream().filter(Member::counts).count())
                    .as("seed " + seed)
                    .isEqualTo(desired);
            assertThat(members).as("seed " + seed).allMatch(member -> member.counts() && member.isReady());
        }
    }

    private static void disturb(List<Member> members, Random random) {
        members.replaceAll(each -> switch (random.nextInt(8)) {
            case 0 ->
                each.state() == State.DRAINING
                        ? each
                        : with(each, State.FAILED, each.current(), true, "", each.flows());
            case 1 -> with(each, each.state(), false, each.overdue(), each.mayGo(), each.flows());
            case 2 -> with(each, each.state(), each.current(), each.overdue(), each.mayGo(), random.nextInt(9));
            case 3 -> withShare(each, false);
            default -> each;
        });
    }

    private static Member with(Member of, State state, boolean current, boolean overdue, String mayGo, long flows) {
        return new Member(
                of.name(),
                of.number(),
                of.node(),
                of.place(),
                state,
                "",
                current,
                overdue,
                mayGo,
                flows,
                of.shareFollows());
    }

    private static Member withShare(Member of, boolean follows) {
        return new Member(
                of.name(),
                of.number(),
                of.node(),
                of.place(),
                of.state(),
                of.reason(),
                of.current(),
                of.overdue(),
                of.mayGo(),
                of.flows(),
                follows);
    }

    private static void check(ServiceDeployment.Spec spec, int desired, List<Member> members, Plan plan, String when) {
        Set<String> touched = new HashSet<>();
        long counted = members.stream().filter(Member::counts).count();
        long made = plan.steps().stream()
                .filter(step -> step instanceof Create || step instanceof Resume)
                .count();
        assertThat(made == 0 || counted + made <= desired).as(when).isTrue();
        for (Step step : plan.steps()) {
            switch (step) {
                case Create(int number, String node, var _) -> {
                    assertThat(members).as(when).noneMatch(member -> member.number() == number);
                    if (spec.equals(SPREAD)) {
                        assertThat(members)
                                .as(when)
                                .noneMatch(member -> member.node().equals(node));
                    }
                }
                case Delete(String name, String _) ->
                    assertThat(members)
                            .as(when)
                            .anyMatch(member -> member.name().equals(name)
                                    && member.state() == State.DRAINING
                                    && !member.mayGo().isEmpty());
                case Drain(String name, String _) ->
                    assertThat(touched.add(name)).as(when).isTrue();
                case Resume(String name) ->
                    assertThat(touched.add(name)).as(when).isTrue();
                case Adjust(String name) -> {
                    assertThat(touched).as(when).doesNotContain(name);
                    assertThat(members)
                            .as(when)
                            .anyMatch(member -> member.name().equals(name)
                                    && member.state() != State.DRAINING
                                    && !member.shareFollows());
                }
            }
        }
        long servesAfter = members.stream()
                .filter(member -> member.counts() && member.isReady() && !touched.contains(member.name()))
                .count();
        long servedBefore = members.stream()
                .filter(member -> member.counts() && member.isReady())
                .count();
        assertThat(servesAfter).as(when).isGreaterThanOrEqualTo(Math.min(desired, servedBefore));
    }

    private static void apply(List<Member> members, Plan plan) {
        for (Step step : plan.steps()) {
            switch (step) {
                case Create(int number, String node, var place) ->
                    members.add(new Member(
                            "fw-" + number, number, node, place, State.STARTING, "", true, false, "", 0, true));
                case Resume(String name) ->
                    members.replaceAll(each -> each.name().equals(name)
                            ? with(each, State.READY, each.current(), false, "", each.flows())
                            : each);
                case Drain(String name, String _) ->
                    members.replaceAll(each -> each.name().equals(name)
                            ? with(each, State.DRAINING, each.current(), each.overdue(), "", each.flows())
                            : each);
                case Adjust(String name) ->
                    members.replaceAll(each -> each.name().equals(name) ? withShare(each, true) : each);
                case Delete(String name, String _) ->
                    members.removeIf(each -> each.name().equals(name));
            }
        }
        Set<String> names = members.stream().map(Member::name).collect(Collectors.toSet());
        assertThat(names).hasSameSizeAs(members);
    }

    /** What starts becomes ready, and what drains has no flow after a while. */
    private static void settle(List<Member> members, boolean go) {
        if (go) {
            members.replaceAll(each -> switch (each.state()) {
                case STARTING -> with(each, State.READY, each.current(), each.overdue(), "", 1);
                case DRAINING -> with(each, State.DRAINING, each.current(), each.overdue(), "no flow is left", 0);
                default -> each;
            });
        }
    }
}
