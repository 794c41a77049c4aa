package dev.sluice.agent.southbound;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.RefusedException;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Problem;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.Update;
import java.io.IOException;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes an update as a whole or not at all, and says which. One user: the stream's thread. */
final class UpdateIntake {
    private static final Logger LOG = LoggerFactory.getLogger(UpdateIntake.class);

    private final ReceivedObjects received;
    private final KeptObjects file;
    private final Following.Application application;
    private boolean unsaved;

    UpdateIntake(ReceivedObjects received, KeptObjects file, Following.Application application) {
        this.received = received;
        this.file = file;
        this.application = application;
    }

    /**
     * Applies an update.
     *
     * @param parts all of it, in the order they came
     * @param from what it leads from
     */
    Answer take(List<Update> parts, NavigableMap<String, Resource> from) {
        Update last = parts.getLast();
        Answer.Builder answer = Answer.newBuilder().setNonce(last.getNonce());
        NavigableMap<String, Resource> next = new TreeMap<>(from);
        for (Update part : parts) {
            part.getRemovedList().forEach(next::remove);
            for (Resource resource : part.getResourcesList()) {
                if (!Protocol.version(resource.getText()).equals(resource.getVersion())) {
                    return answer.addFaults(fault(resource.getName() + " is not what its version names"))
                            .build();
                }
                next.put(resource.getName(), resource);
            }
        }
        if (!fingerprint(next).equals(last.getFingerprint())) {
            return answer.addFaults(fault("the update does not lead from what this agent holds to what it says"))
                    .build();
        }
        received.tryOut(next);
        try {
            application.apply(ExistingFlows.of(last.getExistingFlows()));
        } catch (RefusedException e) {
            received.abandon();
            e.problems()
                    .forEach(problem -> answer.addFaults(Fault.newBuilder()
                            .setObject(problem.object())
                            .setField(problem.field())
                            .setMessage(sentence(problem))));
            LOG.error("an update of the manager is refused, what was before stays in force:\n{}", e.getMessage());
            return answer.build();
        } catch (NodeException e) {
            received.abandon();
            LOG.error("an update of the manager is refused, what was before stays in force: {}", e.getMessage());
            return answer.addFaults(fault(String.valueOf(e.getMessage()))).build();
        } catch (RuntimeException e) {
            // A defect of this program: what was not applied is not to be what is loaded next.
            received.abandon();
            throw e;
        }
        received.accept();
        unsaved = true;
        return answer.setAccepted(true).setWarning(save()).build();
    }

    private static String sentence(Problem problem) {
        String found = problem.found().isEmpty() ? "" : "found " + problem.found();
        String allowed = problem.allowed().isEmpty() ? "" : "allowed: " + problem.allowed();
        String both = found.isEmpty() || allowed.isEmpty() ? found + allowed : found + "; " + allowed;
        return problem.message() + (both.isEmpty() ? "" : " (" + both + ")");
    }

    private static Fault fault(String message) {
        return Fault.newBuilder().setMessage(message).build();
    }

    private static String fingerprint(NavigableMap<String, Resource> resources) {
        NavigableMap<String, String> versions = new TreeMap<>();
        resources.forEach((key, resource) -> versions.put(key, resource.getVersion()));
        return Protocol.fingerprint(versions);
    }

    /** Brings what is accepted to disk if it is not there yet; why it is not, or nothing. */
    String save() {
        if (!unsaved) {
            return "";
        }
        try {
            file.write(received.accepted());
            unsaved = false;
            return "";
        } catch (IOException e) {
            String warning = "in force, but not on disk: " + e.getMessage() + "; that is tried again";
            LOG.warn("what the manager sent is {}", warning);
            return warning;
        }
    }
}
