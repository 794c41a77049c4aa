package dev.sluice.manager.store;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract on three members of etcd. */
@Tag("system")
class EtcdStoreTest extends StoreContractTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    static Path directory;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static EtcdCluster cluster;

    private static int stores;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = EtcdCluster.start(directory);
    }

    @AfterAll
    static void stopCluster() throws Exception {
        cluster.close();
    }

    @Override
    Store open() {
        stores++;
        return EtcdStore.open(cluster.options("test" + stores, "a"));
    }
}
