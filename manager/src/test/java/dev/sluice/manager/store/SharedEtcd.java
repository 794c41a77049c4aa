package dev.sluice.manager.store;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives test classes one cluster of etcd, started by the first and stopped behind the last; each test uses a prefix of its own and leaves all members running. */
final class SharedEtcd implements ParameterResolver {
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(SharedEtcd.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == EtcdCluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot().getStore(SPACE).computeIfAbsent(EtcdCluster.class, key -> start(), EtcdCluster.class);
    }

    private static EtcdCluster start() {
        try {
            Path directory = Files.createTempDirectory("sluice-etcd");
            // Little, so that a test can fill it.
            return EtcdCluster.start(directory, "--quota-backend-bytes=20000000");
        } catch (Exception e) {
            throw new IllegalStateException("etcd (Debian packages etcd-server and etcd-client) cannot be started", e);
        }
    }
}
