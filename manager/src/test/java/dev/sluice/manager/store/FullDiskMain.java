package dev.sluice.manager.store;

import dev.sluice.manager.store.Store.Committed;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A store on a small file system of its own, {@code DIRECTORY}, that gets full, larger, read-only and writable; prints {@code ok} or what was wrong. */
final class FullDiskMain {
    private FullDiskMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) throws Exception {
        Path disk = Path.of(arguments[0]);
        int written;
        try (Store store = SqliteStore.open(disk.resolve("data"))) {
            written = fill(store);
            check(store.revision() == written, "revision " + store.revision() + " after " + written);
            expect(store, written + 1, Reason.FULL);
            checkValues(store, written);
            remount(disk, "size=4m");
            put(store, ++written);
        }
        try (Store store = SqliteStore.open(disk.resolve("data"))) {
            checkValues(store, written);
        }
        remount(disk, "ro");
        try (Store store = SqliteStore.open(disk.resolve("data"))) {
            check(false, "a read-only store was opened, revision " + store.revision());
        } catch (StoreException e) {
            check(e.reason() == Reason.READ_ONLY, e.toString());
        }
        remount(disk, "rw");
        try (Store store = SqliteStore.open(disk.resolve("data"))) {
            checkValues(store, written);
            put(store, written + 1);
        }
        System.out.println("ok");
    }

    private static int fill(Store store) {
        for (int number = 1; number < 1_000; number++) {
            try {
                put(store, number);
            } catch (StoreException e) {
                check(e.reason() == Reason.FULL, e.toString());
                return number - 1;
            }
        }
        throw new IllegalStateException("the disk never got full");
    }

    private static void put(Store store, int number) {
        check(
                store.commit(
                                List.of(),
                                List.of(new Put("k/" + number, new byte[10_000]), new Put("last", new byte[number])))
                        .equals(new Committed(number)),
                "number of " + number);
    }

    private static void expect(Store store, int number, Reason reason) {
        try {
            put(store, number);
            check(false, "there was room");
        } catch (StoreException e) {
            check(e.reason() == reason, e.toString());
        }
    }

    private static void checkValues(Store store, int written) throws CompactedException {
        int found = 0;
        String after = "";
        Store.Listing part;
        do {
            part = store.list("k/", after, 100, 0);
            found += part.entries().size();
            after = part.entries().getLast().key();
        } while (part.more());
        check(found == written, found + " of " + written);
        check(store.get("last").orElseThrow().value().length == written, "last");
    }

    private static void remount(Path disk, String option) throws IOException, InterruptedException {
        Process mount = new ProcessBuilder(List.of("mount", "-o", "remount," + option, disk.toString()))
                .inheritIO()
                .start();
        check(mount.waitFor() == 0, "remount " + option);
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            System.out.println("wrong: " + what);
            System.exit(1);
        }
    }
}
