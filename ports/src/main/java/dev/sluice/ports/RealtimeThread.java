package dev.sluice.ports;

/** Scheduling of the calling platform thread ahead of all ordinary ones (sched(7)). Any thread, about itself. */
public final class RealtimeThread {
    /** The lowest of the real-time priorities: before every ordinary thread, behind what an operator made more important. */
    private static final int PRIORITY = 1;

    private RealtimeThread() {}

    /** Asks for it; empty if granted, else why not: CAP_SYS_NICE is needed. To be asked by threads only that sleep most of the time. */
    public static String enter() {
        int answer = Linux.setScheduler(0, KernelConstants.SCHED_RR, PRIORITY);
        return answer >= 0 ? "" : Errno.name(-answer) + ": " + Errno.advice(-answer, "CAP_SYS_NICE");
    }
}
