package dev.sluice.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who makes the node behind a {@link ServiceInstance}, and how (C15, V28).
 *
 * @param deployment name of the ServiceDeployment that made the instance; empty: a user did
 * @param image what it is made from, in the words of whoever makes it; empty: nothing is said
 * @param driver how the agent of its host brings it about
 */
public record InstanceRuntime(Optional<String> deployment, Optional<String> image, Driver driver) {
    /** How an agent brings a node about. */
    public sealed interface Driver {}

    /** It is there already; nobody starts or stops it. */
    public record Existing() implements Driver {}

    /**
     * A process of the host in a network namespace of its own, which has the interfaces {@code in} and {@code out}.
     *
     * @param argv program and arguments; the program as an absolute path
     * @param environment what the process finds in its environment besides what the agent puts there
     * @param stopGraceNs how long it has after SIGTERM, until SIGKILL
     * @param mtuBytes of its interfaces
     */
    public record Command(List<String> argv, Map<String, String> environment, long stopGraceNs, int mtuBytes)
            implements Driver {
        /** Copies the list and the map, and checks the numbers. */
        public Command {
            argv = List.copyOf(argv);
            environment = Map.copyOf(environment);
            Checks.require(!argv.isEmpty() && argv.getFirst().startsWith("/"), "argv begins with no absolute path");
            Checks.requireRange("mtu", mtuBytes, MTU_MIN, MTU_MAX);
        }
    }

    /**
     * A user's own program that makes and removes nodes.
     *
     * @param executable absolute path
     * @param parameters what it is told besides the instance
     * @param timeoutNs how long one call of it may take
     */
    public record Hook(String executable, Map<String, String> parameters, long timeoutNs) implements Driver {
        /** Copies the map. */
        public Hook {
            parameters = Map.copyOf(parameters);
            Checks.require(executable.startsWith("/"), "the executable is no absolute path");
        }
    }

    /** Smallest MTU, that of IPv6. */
    static final int MTU_MIN = 1_280;

    /** Largest MTU that veth takes. */
    static final int MTU_MAX = 65_535;

    /** Whether an agent has something to do for it. */
    public boolean isMade() {
        return !(driver instanceof Existing);
    }
}
