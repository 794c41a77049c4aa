package dev.sluice.lab.demo;

import dev.sluice.lab.Topology;
import java.nio.file.Path;
import java.util.List;

/** The story from its first step to its last. */
final class Story {
    private static final List<Step> STEPS = List.of(
            new AllowedTraffic(),
            new ForbiddenTraffic(),
            new InsertNode(),
            new NewFlows(),
            new KillFirewall(),
            new OpenChain(),
            new FirewallReturns());

    private final Topology topology;
    private final Class<?> product;
    private final Scale scale;
    private final Progress progress;

    Story(Topology topology, Class<?> product, Scale scale, Progress progress) {
        this.topology = topology;
        this.product = product;
        this.scale = scale;
        this.progress = progress;
    }

    /** Tells it; what is on the stage at the end. A step that cannot go on throws. */
    Stage tell() {
        Stage stage = prepare();
        Narrator narrator = new Narrator(progress, stage.findings(), stage.sluice()::diagnosis);
        for (Step step : STEPS) {
            narrator.tell(step.title(), () -> step.run(stage));
        }
        return stage;
    }

    private Stage prepare() {
        String building = "the network is built";
        progress.begin(building);
        Scene scene = Scene.build(topology);
        progress.end(building, topology.namespaces().size() + " namespaces, 6 wires", true);

        String starting = "Sluice starts";
        progress.begin(starting);
        Path folder = topology.logDirectory();
        DemoObjects objects = DemoObjects.write(folder.resolve("config"));
        SluiceProcess sluice = SluiceProcess.start(
                scene.sluice(),
                product,
                objects.directory(),
                DemoObjects.NODE,
                folder.resolve("sluice.sock"),
                List.of());
        progress.end(starting, sluice.describe(), true);
        Streams streams = new Streams(scene.client(), scene.server(), Scene.SERVER, scale.ratePerSecond());
        return new Stage(scene, sluice, objects, streams, new Witnesses(scene), new Findings(), scale);
    }
}
