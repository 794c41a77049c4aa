package dev.sluice.agent.worker;

import dev.sluice.agent.Yaml;
import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.datapath.liveness.Liveness;
import java.io.IOException;

/** A worker of a test in a thread of its own, with the ports of a bridge and a firewall. */
final class RunningWorker {
    static final WorkerSizes SIZES = new WorkerSizes(512, 4, 1024, 42);

    final Worker worker;
    final Thread thread;

    /** Starts it; its configuration is on its way. */
    RunningWorker(PortSource.Factory source) throws IOException {
        CompileResult compiled = new SnapshotCompiler("edge", new IdRegistry())
                .compile(Yaml.parse(Yaml.bridge()), name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
        worker = new Worker(SIZES, new Liveness(64, 64), source);
        worker.handOver(compiled.node().orElseThrow());
        thread = Thread.ofPlatform().name("worker-under-test").start(worker);
    }

    void stop() throws InterruptedException {
        worker.stop();
        thread.join(10_000);
        worker.close();
    }
}
