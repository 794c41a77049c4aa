package dev.sluice.lab.demo;

import dev.sluice.lab.Privilege;
import dev.sluice.lab.Topology;
import org.jspecify.annotations.Nullable;

/** {@code sluice demo}: one host; nodes are inserted, killed and brought back under traffic. */
final class InsertionPlay implements Play {
    private final Class<?> product;
    private final Scale scale;
    private @Nullable Stage stage;

    InsertionPlay(Class<?> product, Scale scale) {
        this.product = product;
        this.scale = scale;
    }

    @Override
    public String picture() {
        return Picture.of("own small matcher, not Suricata");
    }

    @Override
    public Findings perform(Topology topology, Progress progress) {
        Stage told = new Story(topology, product, scale, progress).tell();
        stage = told;
        return told.findings();
    }

    private Stage stage() {
        return Narrator.there(stage);
    }

    @Override
    public String diagnosis() {
        return stage().sluice().diagnosis();
    }

    @Override
    public String keeping(Privilege privilege) {
        return Keeping.describe(stage(), privilege);
    }
}
