package dev.sluice.controller;

import java.util.concurrent.atomic.AtomicLong;

/** Numbers of questions to agents: an answer is told by its number alone, whoever asked. Any thread. */
public final class QuestionIds {
    private static final AtomicLong LAST = new AtomicLong();

    private QuestionIds() {}

    /** One that no other question of this process has. */
    public static long next() {
        return LAST.incrementAndGet();
    }
}
