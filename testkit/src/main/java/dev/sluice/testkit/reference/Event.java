package dev.sluice.testkit.reference;

import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.ports.MemoryFrame;
import org.jspecify.annotations.Nullable;

/** One thing that happens, with everything that it needs to happen again: a scenario is a list of these. */
sealed interface Event {
    /**
     * A frame comes in.
     *
     * @param headroomBytes free bytes in front of it in its chunk
     * @param scarce no other frame is free meanwhile
     */
    record Arrives(int port, MemoryFrame frame, int headroomBytes, boolean scarce) implements Event {
        @Override
        public String toString() {
            return "port " + port + " <- " + Outcome.text(frame)
                    + (headroomBytes == 256 ? "" : " headroom " + headroomBytes) + (scarce ? " no frame free" : "");
        }
    }

    /** A service instance dies or comes to life. */
    record Instance(int instance, boolean alive) implements Event {}

    /** A service instance goes into maintenance or out of it. */
    record Leaves(int instance, boolean leave) implements Event {}

    /** Probes through a service instance are lost, or come back again. */
    record Probed(int instance, boolean alive) implements Event {}

    /** Probes through a service instance come to a first verdict, or it is new and they have none yet. */
    record Judged(int instance, boolean judged) implements Event {}

    /** A path is told to have failed, or to be well again. */
    record Fails(int path, boolean failed) implements Event {}

    /** A port loses or finds its carrier. */
    record Carrier(int port, boolean up) implements Event {}

    /** Time passes; timers run at its end if there is a tick. */
    record Elapses(long ns, boolean tick) implements Event {}

    /**
     * Attributes of a port or flow are set, or forgotten.
     *
     * @param values null: forgotten
     * @param lifeNs until they end
     */
    record Attributes(ModelAttributes.Subject subject, ModelAttributes.@Nullable Values values, long lifeNs)
            implements Event {}

    /**
     * A node says what to do with a flow, or takes back what it said if there is no action.
     *
     * @param speaker instance number
     * @param directions bit 0: as its record has it, bit 1: the other one
     */
    record Said(ModelRecord.Key flow, int speaker, @Nullable Action action, int argument, boolean once, int directions)
            implements Event {}

    /** An operator tells what to do with a flow; a null action revokes it. */
    record Told(ModelRecord.Key flow, @Nullable Action action, int argument, boolean once, long ttlNs)
            implements Event {}

    /** The configuration is swapped. */
    record Applies(World world) implements Event {
        @Override
        public String toString() {
            return "applies generation " + world.generation() + "\n" + Words.of(world);
        }
    }
}
