package dev.sluice.model;

import java.util.Arrays;
import java.util.Optional;

/** What a change of the configuration means for flows in progress (X9). */
public enum ExistingFlows implements Word {
    /** Flows whose rule and path still stand stay; flows without service, and those whose rule is gone, are decided anew. */
    AUTO("auto"),

    /** Flows that pass keep rule and path, even if they are gone; new flows follow the new rules. */
    KEEP("keep"),

    /** All flows are decided anew by the new rules, and stay on their path if those still offer it. */
    MIGRATE("migrate");

    private final String word;

    ExistingFlows(String word) {
        this.word = word;
    }

    /** The one that a word stands for; empty: this version does not know it. */
    public static Optional<ExistingFlows> of(String word) {
        return Arrays.stream(values()).filter(flows -> flows.word.equals(word)).findFirst();
    }

    @Override
    public String word() {
        return word;
    }
}
