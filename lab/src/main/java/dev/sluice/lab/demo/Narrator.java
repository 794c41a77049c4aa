package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells the steps of a play one after the other: a line of progress and a part of the table for each. One thread. */
final class Narrator {
    private final Progress progress;
    private final Findings findings;
    private final Supplier<String> diagnosis;

    /** @param diagnosis what the product says of itself, for a step that cannot go on */
    Narrator(Progress progress, Findings findings, Supplier<String> diagnosis) {
        this.progress = progress;
        this.findings = findings;
        this.diagnosis = diagnosis;
    }

    /** Takes a step, which answers its figure; it is good if all lines that it added to the table are. */
    void tell(String title, Supplier<String> step) {
        int number = progress.begin(title);
        findings.begin(number + " " + title);
        String figure = "could not go on";
        boolean good = false;
        try {
            figure = step.get();
            good = findings.lastPartMet();
        } catch (LabException e) {
            throw new LabException(e.getMessage() + "\n" + diagnosis.get(), e);
        } finally {
            progress.end(title, figure, good);
        }
    }

    /** A part of the stage that an earlier step has put there. */
    static <T> T there(@Nullable T part) {
        if (part == null) {
            throw new LabException("the network is not built");
        }
        return part;
    }
}
