package dev.sluice.agent.history;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A history whose disk takes a number of writes and then none any more, without saying so: what a machine leaves that stops at that moment. */
public final class DiskThatStops {
    private final int writesMax;
    private final AtomicInteger asked = new AtomicInteger();

    /** A disk that stops after so many writes (files written or removed). */
    public DiskThatStops(int writesMax) {
        this.writesMax = writesMax;
    }

    /** How many writes were asked for. */
    public int asked() {
        return asked.get();
    }

    /** Whether it has refused any. */
    public boolean stopped() {
        return asked() > writesMax;
    }

    /** The history in that directory, over this disk. */
    public History open(Path directory) {
        return History.open(new Disk(directory), History.Limits.DEFAULT);
    }

    private boolean goesOn() {
        return asked.incrementAndGet() <= writesMax;
    }

    private final class Disk extends HistoryDirectory {
        Disk(Path directory) {
            super(directory);
        }

        @Override
        public void writeRevision(int number, byte[] bytes) throws IOException {
            if (goesOn()) {
                super.writeRevision(number, bytes);
            }
        }

        @Override
        public void writeState(byte[] bytes) throws IOException {
            if (goesOn()) {
                super.writeState(bytes);
            }
        }

        @Override
        public void remove(int number) throws IOException {
            if (goesOn()) {
                super.remove(number);
            }
        }
    }
}
