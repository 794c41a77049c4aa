package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;

/** How answers of web servers are written. */
final class Answers {
    static final String NONE = "no answer";

    private Answers() {}

    static String text(HttpService.Answer answer) {
        return answer.status() == 0 ? NONE : "answer " + answer.status();
    }
}
