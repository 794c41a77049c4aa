package dev.sluice.controller;

import dev.sluice.controller.Parts.Affected;
import dev.sluice.model.ExistingFlows;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Lookout;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Runtimes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells each agent what it does not have yet, and knows who has what. No threads, sockets or clocks: everything that happens is a call. One thread.
 *
 * <p>The cost of a change follows the nodes that it is about and the size of their parts; for each other agent it is one question.
 */
public final class Distribution {
    /** Of one refusal, so many faults are told. */
    private static final int FAULTS_TOLD_MAX = 20;

    private final Parts parts = new Parts();
    private final LoadLevels loads = new LoadLevels();
    private final Map<String, AgentRecord> agents = new TreeMap<>();
    private final Map<AgentStream, AgentRecord> byStream = new HashMap<>();

    /** Keys of objects of which something else is to be said than before. */
    private final Set<String> untold = new HashSet<>();

    private AgentWatcher watcher = AgentWatcher.NOBODY;
    private Lookout lookout = Lookout.getDefaultInstance();
    private final long startNs;
    private final long graceNs;
    private long nonce;
    private long updates;

    /**
     * No objects, no agents.
     *
     * @param graceNs for so long after the start nothing is said of objects of which some node has not come back yet: it is on its way, and nothing has changed
     */
    public Distribution(long startNs, long graceNs) {
        this.startNs = startNs;
        this.graceNs = graceNs;
    }

    /** From now on somebody hears of agents what is about no object; it is told of those that are there. */
    public void watch(AgentWatcher newWatcher) {
        watcher = newWatcher;
        byStream.values().forEach(agent -> watcher.connected(agent.node()));
    }

    /** From now on agents look for these interfaces. */
    public void lookFor(Lookout newLookout) {
        if (!newLookout.equals(lookout)) {
            lookout = newLookout;
            byStream.keySet().forEach(this::tellLookout);
        }
    }

    private void tellLookout(AgentStream stream) {
        stream.send(FromController.newBuilder().setLookout(lookout).build());
    }

    /**
     * Objects are others now.
     *
     * @param flows what that means for flows in progress; empty: what each Node object says. Where changes that say different things come to an agent as one, migrate goes before all,
     *     and keep is kept only if all say so.
     */
    public void change(
            Collection<WantedObject> changed, Collection<String> removed, Optional<ExistingFlows> flows, long nowNs) {
        changed.forEach(object -> untold.add(object.key()));
        Affected affected = parts.change(changed, removed);
        parts.nodes().forEach(node -> agents.computeIfAbsent(node, AgentRecord::new));
        for (AgentRecord agent : List.copyOf(agents.values())) {
            boolean concerned = affected.everywhere()
                    || affected.nodes().contains(agent.node())
                    || (affected.underlay() && parts.hasUnderlay(agent.node()))
                    || agent.holds(affected.holdersOf());
            if (concerned) {
                untold.addAll(agent.want(parts.part(agent.node()), flows));
                push(agent, nowNs);
            }
        }
        agents.values().removeIf(agent -> {
            boolean leaves = !agent.connected() && !parts.nodes().contains(agent.node());
            if (leaves) {
                untold.addAll(agent.keys());
            }
            return leaves;
        });
    }

    private void push(AgentRecord agent, long nowNs) {
        if (agent.push(nonce + 1, nowNs)) {
            nonce++;
            updates++;
        }
    }

    /** An agent has come. */
    public void hello(AgentStream stream, Hello hello, long nowNs) {
        String problem = problem(hello);
        if (!problem.isEmpty()) {
            stream.send(FromController.newBuilder().setRefusal(problem).build());
            stream.end();
            return;
        }
        AgentRecord agent = agents.computeIfAbsent(hello.getNode(), AgentRecord::new);
        byStream.values().removeIf(agent::equals);
        byStream.put(stream, agent);
        agent.want(parts.part(agent.node()), Optional.empty());
        agent.connect(stream, hello);
        untold.addAll(agent.keys());
        push(agent, nowNs);
        watcher.connected(agent.node());
        if (loads.isSettled(nowNs)) {
            agent.tellLoads(loads.levels());
        }
        if (!lookout.equals(Lookout.getDefaultInstance())) {
            tellLookout(stream);
        }
    }

    private static String problem(Hello hello) {
        if (!Protocol.understands(hello.getProtocol())) {
            return "the agent speaks version " + hello.getProtocol() + " of the protocol, this manager "
                    + Protocol.NUMBER + ", and they may differ by one: upgrade the older one";
        }
        return hello.getNode().matches("[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")
                ? ""
                : "the agent says no name that a node can have: small letters, digits, '-' and '.', at most 63 of them";
    }

    /** An agent has answered. */
    public void answer(AgentStream stream, Answer answer, long nowNs) {
        AgentRecord agent = byStream.get(stream);
        if (agent != null) {
            Set<String> answered = agent.answered(answer, nowNs);
            untold.addAll(answered);
            if (!answer.getAccepted() && !answered.isEmpty()) {
                answer.getFaultsList().stream().limit(FAULTS_TOLD_MAX).forEach(fault -> tellRefused(agent, fault));
            }
            push(agent, nowNs);
        }
    }

    private void tellRefused(AgentRecord agent, Fault fault) {
        String about = fault.getObject();
        boolean own = about.isEmpty() || agent.isAbout(about);
        String words = own ? fault.getMessage() : about + ": " + fault.getMessage();
        watcher.refused(agent.node(), own ? about : "", AgentText.cut(words));
    }

    /** An agent says what it sees. */
    public void report(AgentStream stream, Report report, long nowNs) {
        AgentRecord agent = byStream.get(stream);
        if (agent != null) {
            untold.addAll(agent.report(report, nowNs, parts, watcher));
        }
    }

    /** An agent tells of interfaces. */
    public void interfaces(AgentStream stream, Interfaces told) {
        AgentRecord agent = byStream.get(stream);
        if (agent != null) {
            watcher.interfaces(agent.node(), told);
        }
    }

    /** An agent tells of its paths. */
    public void paths(AgentStream stream, Paths told) {
        AgentRecord agent = byStream.get(stream);
        if (agent != null) {
            watcher.paths(agent.node(), told);
        }
    }

    /** An agent tells what serves chains on its node. */
    public void runtimes(AgentStream stream, Runtimes told) {
        AgentRecord agent = byStream.get(stream);
        if (agent != null) {
            watcher.runtimes(agent.node(), told);
        }
    }

    /** An agent answers a question. */
    public void reply(AgentStream stream, Reply reply) {
        AgentRecord agent = byStream.get(stream);
        if (agent != null) {
            watcher.reply(agent.node(), reply);
        }
    }

    /**
     * Asks the agent of a node.
     *
     * @param word what kind of question it is, as agents say in Hello
     * @return why it cannot be asked, for people; empty: it was, and the watcher hears the answer
     */
    public String question(String node, String word, Question question) {
        AgentRecord agent = agents.get(node);
        return agent == null ? "no agent of this name has connected" : agent.question(word, question);
    }

    /** A stream has ended. */
    public void gone(AgentStream stream) {
        AgentRecord agent = byStream.remove(stream);
        if (agent != null && agent.disconnect(stream)) {
            untold.addAll(agent.keys());
            watcher.lost(agent.node());
        }
    }

    /** Tries again what was refused a while ago, and looks at loads. */
    public void tick(long nowNs) {
        agents.values().forEach(agent -> push(agent, nowNs));
        if (loads.isDue(nowNs)) {
            lookAtLoads(nowNs);
        }
    }

    private void lookAtLoads(long nowNs) {
        Map<String, Map<String, Integer>> services = parts.spreadByLoad();
        Map<String, LoadLevels.Measured> measured = new HashMap<>();
        if (!services.isEmpty()) {
            byStream.values().forEach(agent -> agent.measured(parts, measured));
        }
        loads.step(services, measured, nowNs);
        if (loads.isSettled(nowNs)) {
            Map<String, Integer> levels = loads.levels();
            byStream.values().forEach(agent -> agent.tellLoads(levels));
        }
    }

    // What can be said.

    /** The states of objects of which something else is to be said than when this was asked last. */
    public List<ObjectState> news(long nowNs) {
        boolean early = nowNs - startNs < graceNs;
        List<ObjectState> news = new ArrayList<>();
        for (String key : List.copyOf(untold)) {
            ObjectState state = state(key);
            if (early && state != null && state.nodes().stream().anyMatch(node -> !known(node.node()))) {
                continue;
            }
            untold.remove(key);
            if (state != null) {
                news.add(state);
            }
        }
        return news;
    }

    private boolean known(String node) {
        AgentRecord agent = agents.get(node);
        return agent != null && agent.seen();
    }

    /** How far nodes are with an object; null if there is none. */
    public @Nullable ObjectState state(String key) {
        String title = parts.title(key);
        if (title.isEmpty()) {
            return null;
        }
        List<NodeState> nodes = agents.values().stream()
                .filter(agent -> agent.concerns(key))
                .map(agent -> agent.state(key, title))
                .toList();
        List<Health> health = new ArrayList<>();
        Optional<Figures> figures = Optional.empty();
        for (AgentRecord agent : agents.values()) {
            Health said = agent.health(key);
            if (said != null && parts.isOf(key, agent.node())) {
                health.add(said);
            }
            figures = figures.or(() -> agent.figures(key));
        }
        return new ObjectState(key, parts.generation(key), nodes, health, figures);
    }

    /** What hosts say of instances, by name of the host; those only that have ever come. */
    public Map<String, HostWord> hosts() {
        Map<String, HostWord> hosts = new TreeMap<>();
        agents.values().stream().filter(AgentRecord::seen).forEach(agent -> hosts.put(agent.node(), agent.word()));
        return hosts;
    }

    /** How many agents are connected. */
    public int connected() {
        return byStream.size();
    }

    /** How many updates were sent. */
    public long updates() {
        return updates;
    }

    /** How all agents are getting on, by name of the node. */
    public List<AgentFigures> agents() {
        return agents.values().stream().map(AgentRecord::figures).toList();
    }

    /** Bytes of updates that were sent to a node. */
    public long bytesSent(String node) {
        AgentRecord agent = agents.get(node);
        return agent == null ? 0 : agent.bytesSent();
    }
}
