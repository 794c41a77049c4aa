package dev.sluice.manager.store;

import dev.sluice.manager.store.Store.Committed;
import java.nio.file.Path;
import java.util.List;

/** Writes pairs of values without end and says each one that is acknowledged: WRITER NUMBER REVISION. */
final class KillMain {
    private KillMain() {}

    /** Entry of the child process: directory, number of writers. */
    public static void main(String[] arguments) {
        Store store = SqliteStore.open(Path.of(arguments[0]));
        for (int writer = 0; writer < Integer.parseInt(arguments[1]); writer++) {
            int number = writer;
            Thread.ofPlatform().start(() -> write(store, number));
        }
    }

    private static void write(Store store, int writer) {
        long number = store.get("left/" + writer).map(KillTest::numberOf).orElse(0L);
        while (true) {
            number++;
            String value = KillTest.value(number);
            if (store.commit(
                            List.of(),
                            List.of(
                                    StoreContractTest.put("left/" + writer, value),
                                    StoreContractTest.put("right/" + writer, value)))
                    instanceof Committed(long revision)) {
                synchronized (System.out) {
                    System.out.println(writer + " " + number + " " + revision);
                    System.out.flush();
                }
            }
        }
    }
}
