package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import dev.sluice.lab.Privilege;
import dev.sluice.lab.Topology;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.locks.LockSupport;

/** {@code sluice demo}: one run of a demonstration. One thread, and a shutdown hook. */
public final class Demo {
    /** Every figure was as expected. */
    public static final int AS_EXPECTED = 0;

    /** A figure was not, or the story could not go on. */
    public static final int NOT_AS_EXPECTED = 1;

    /** This machine lacks something; nothing was tried. */
    public static final int NOT_POSSIBLE = 2;

    private static final long SIGNAL_SETTLES_NS = 500_000_000;

    private final DemoOptions options;
    private final Class<?> product;
    private final PrintStream out;
    private volatile boolean interrupted;

    private Demo(DemoOptions options, Class<?> product, PrintStream out) {
        this.options = options;
        this.product = product;
        this.out = out;
    }

    /**
     * Runs it to its end and cleans up; on SIGINT and SIGTERM the JVM's shutdown cleans up.
     *
     * @param product the class whose main method is the {@code sluice} command line; it is run in a process of its own
     * @param out where the story is told
     * @return {@link #AS_EXPECTED}, {@link #NOT_AS_EXPECTED} or {@link #NOT_POSSIBLE}
     */
    public static int run(DemoOptions options, Class<?> product, PrintStream out) {
        Privilege privilege = Privilege.decide();
        try {
            Packages.provide(privilege.kind(), out);
        } catch (LabException e) {
            out.println("sluice demo: " + e.getMessage());
            return NOT_POSSIBLE;
        }
        return switch (privilege.kind()) {
            case ROOT, IN_USER_NAMESPACE -> new Demo(options, product, out).play(privilege);
            case CAN_REEXEC -> {
                out.println("not root: the demo runs in a user namespace of its own");
                out.flush();
                yield UserNamespace.run(options, product);
            }
            case NONE -> {
                out.println("sluice demo: no network namespaces can be made here: " + privilege.explain());
                yield NOT_POSSIBLE;
            }
        };
    }

    private int play(Privilege privilege) {
        Thread hook = new Thread(this::onShutdown, "demo-interrupted");
        Runtime.getRuntime().addShutdownHook(hook);
        try (Topology topology = Topology.create()) {
            return play(topology, privilege);
        } catch (LabException e) {
            // A terminal's SIGINT reaches the children too, perhaps before this process.
            LockSupport.parkNanos(SIGNAL_SETTLES_NS);
            if (interrupted) {
                parkForEver();
            }
            out.println("\nsluice demo: " + e.getMessage());
            return NOT_AS_EXPECTED;
        } finally {
            forget(hook);
        }
    }

    private int play(Topology topology, Privilege privilege) {
        long startNs = System.nanoTime();
        Play play = options.play(product);
        out.print(play.picture());
        out.println(privilege.explain() + "; the network is in namespaces of its own, nothing else is touched\n");
        Progress progress = new Progress(out);
        Findings findings = play.perform(topology, progress);
        long unmet = findings.unmetCount();
        int lines = findings.list().size();
        out.println();
        out.print(findings.render(progress.marks()));
        out.println();
        out.println(
                (unmet == 0 ? "all " + lines + " lines as expected" : unmet + " of " + lines + " lines NOT as expected")
                        + ", after " + Figures.since(startNs));
        if (unmet > 0) {
            out.println(play.diagnosis());
        }
        if (options.keep()) {
            keep(play, privilege);
        }
        return unmet == 0 ? AS_EXPECTED : NOT_AS_EXPECTED;
    }

    /** Holds everything until Enter is pressed or a signal comes. */
    private void keep(Play play, Privilege privilege) {
        out.print(play.keeping(privilege));
        out.flush();
        try {
            int read = System.in.read();
            while (read >= 0 && read != '\n') {
                read = System.in.read();
            }
            if (read < 0) {
                parkForEver();
            }
        } catch (IOException e) {
            parkForEver();
        }
    }

    private void onShutdown() {
        interrupted = true;
        out.println("\nending: the network is removed");
        out.flush();
    }

    /** From here on only a signal leads, and what is registered for the end of the JVM cleans up. */
    private void parkForEver() {
        while (true) {
            LockSupport.park(this);
        }
    }

    /** Takes back a hook when the process ends in order. */
    static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The JVM is ending already, and the hook runs.
        }
    }
}
