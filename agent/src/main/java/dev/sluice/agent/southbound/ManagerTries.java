package dev.sluice.agent.southbound;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What came of trying the managers of a network one after the other. Of several one serves agents: which, is found out by asking all without a pause; when all were asked in
 * vain, it is said why of each. What was said of them before a stream stood is old and not said again. One user: the stream's thread.
 */
final class ManagerTries {
    private final ManagerAddresses managers;
    private final List<String> reasons = new ArrayList<>();

    ManagerTries(ManagerAddresses managers) {
        this.managers = managers;
    }

    /** The one that is tried serves this node. */
    void stood() {
        reasons.clear();
    }

    /**
     * The one that is tried is of no use, or no longer; the next one is tried from now on.
     *
     * @return why none of them is; empty: there is one that was not tried since a stream stood, or since all were tried
     */
    Optional<String> failed(String why) {
        int count = managers.all().size();
        reasons.add(count == 1 ? why : managers.current() + ": " + why);
        managers.next();
        if (reasons.size() < count) {
            return Optional.empty();
        }
        String all = String.join("; ", reasons);
        reasons.clear();
        return Optional.of(all);
    }
}
