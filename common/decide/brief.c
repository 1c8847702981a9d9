#include "brief.h"

#include "../codec/json.h"

#define MINUTE_MS 60000
#define TREND_MIN 0.1 /* less is no direction */

static void put_effort(const struct conversation *c, int64_t now_ms, struct buf *out) {
    int64_t since = c->effort.waiting_since_ms;
    json_put_key(out, "tried");
    buf_addc(out, '{');
    json_put_number(out, "customer_messages", c->effort.customer_messages);
    json_put_number(out, "repeats", c->effort.repeats);
    json_put_number(out, "channel_hops", c->effort.hops);
    json_put_number(out, "bot_failures", c->effort.bot_failures);
    json_put_number(out, "reopenings", c->effort.reopenings);
    json_put_number(out, "minutes_waited",
                    since && now_ms > since ? (now_ms - since) / MINUTE_MS : 0);
    buf_addc(out, '}');
}

static void put_known(const struct conversation *c, int64_t now_ms, struct buf *out) {
    json_put_key(out, "known");
    buf_addc(out, '{');
    for (int i = 0; i < c->n_facts; i++)
        if (conversation_fact(c, c->facts[i].name, now_ms) == &c->facts[i])
            json_put_text(out, c->facts[i].name, c->facts[i].value);
    buf_addc(out, '}');
}

static void put_promised(const struct conversation *c, struct buf *out) {
    json_put_key(out, "promised");
    buf_addc(out, '[');
    for (int i = 0; i < c->n_promises; i++) {
        const struct promise *p = &c->promises[i];
        if (p->kept_ms)
            continue;
        json_put_item(out);
        buf_addc(out, '{');
        json_put_text(out, "text", p->text);
        party_put(out, "by", p->by);
        json_put_when(out, "due_at", p->due_ms);
        json_put_flag(out, "breached", p->breached);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void put_mood(const struct conversation *c, const struct decision *last, struct buf *out) {
    const char *direction = c->emotion.trend > TREND_MIN    ? "worse"
                            : c->emotion.trend < -TREND_MIN ? "better"
                                                            : "steady";
    json_put_key(out, "mood");
    buf_addc(out, '{');
    json_put_text(out, "label", emotion_label_text(c->emotion.label));
    json_put_double(out, "intensity", c->emotion.intensity);
    json_put_text(out, "direction", direction);
    json_put_key(out, "evidence");
    buf_addc(out, '[');
    for (int i = 0; last && i < last->evidence.n; i++) {
        json_put_item(out);
        json_put_string(out, last->evidence.items[i].text);
    }
    buf_addc(out, ']');
    buf_addc(out, '}');
}

/* ---- what the words ask for ---- */

#define BRIEF_VALIDATE                                                                             \
    "They speak of themselves: acknowledge what it is like for them before anything is explained."
#define BRIEF_OWN "They speak of us: own what went wrong, say what you do now and until when."

static const char *const advice[stance_count_] = {
    [STANCE_NONE] = "",
    [STANCE_VALIDATE] = BRIEF_VALIDATE,
    [STANCE_OWN] = BRIEF_OWN,
};

/* Three a stance and language, in the customer's register: to start from, not to read out. */
static const struct {
    enum stance stance;
    const char *language, *text;
} phrases[] = {
    {STANCE_VALIDATE, "en", "I can see why that is upsetting."},
    {STANCE_VALIDATE, "en", "You have waited long enough; I am on it now."},
    {STANCE_VALIDATE, "en", "Thank you for telling me how this is for you."},
    {STANCE_VALIDATE, "nl", "Ik begrijp goed dat u hiervan baalt."},
    {STANCE_VALIDATE, "nl", "U heeft lang genoeg gewacht; ik pak het nu op."},
    {STANCE_VALIDATE, "nl", "Dank u dat u vertelt hoe dit voor u is."},
    {STANCE_VALIDATE, "da", "Det kan jeg godt forstå, du er ked af."},
    {STANCE_VALIDATE, "da", "Du har ventet længe nok; jeg tager mig af det nu."},
    {STANCE_VALIDATE, "da", "Tak, fordi du fortæller, hvordan det er for dig."},
    {STANCE_VALIDATE, "de", "Ich kann gut verstehen, dass Sie das ärgert."},
    {STANCE_VALIDATE, "de", "Sie haben lange genug gewartet; ich kümmere mich jetzt darum."},
    {STANCE_VALIDATE, "de", "Danke, dass Sie mir sagen, wie es Ihnen damit geht."},
    {STANCE_VALIDATE, "zh", "我很理解这件事让您不好受。"},
    {STANCE_VALIDATE, "zh", "您已经等得够久了，我现在就处理。"},
    {STANCE_VALIDATE, "zh", "谢谢您告诉我您的感受。"},
    {STANCE_OWN, "en", "You are right, that was our mistake, and I am sorry."},
    {STANCE_OWN, "en", "I am taking this over myself and will see it through."},
    {STANCE_OWN, "en", "Here is what I will do now, and when you will hear from me."},
    {STANCE_OWN, "nl", "U heeft gelijk, dat was onze fout, en dat spijt mij."},
    {STANCE_OWN, "nl", "Ik neem dit zelf over en zorg dat het goed komt."},
    {STANCE_OWN, "nl", "Dit ga ik nu doen, en dan hoort u van mij."},
    {STANCE_OWN, "da", "Du har ret, det var vores fejl, og det er jeg ked af."},
    {STANCE_OWN, "da", "Jeg tager selv over og følger det helt til dørs."},
    {STANCE_OWN, "da", "Det her gør jeg nu, og så hører du fra mig."},
    {STANCE_OWN, "de", "Sie haben recht, das war unser Fehler, und das tut mir leid."},
    {STANCE_OWN, "de", "Ich übernehme das selbst und bringe es zu Ende."},
    {STANCE_OWN, "de", "Das mache ich jetzt, und dann hören Sie von mir."},
    {STANCE_OWN, "zh", "您说得对，这是我们的失误，非常抱歉。"},
    {STANCE_OWN, "zh", "这件事由我亲自负责到底。"},
    {STANCE_OWN, "zh", "我现在就这样处理，之后会给您回复。"},
};

static bool has_phrases(const char *language) {
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (strcmp(phrases[i].language, language) == 0)
            return true;
    return false;
}

static void put_stance(const struct conversation *c, const struct decision *last, struct buf *out) {
    enum stance stance = STANCE_NONE;
    const char *text = last ? last->signals.text[SIGNAL_stance] : NULL;
    const char *language = has_phrases(c->language) ? c->language : "en";
    if (!text || !stance_parse(text, &stance))
        stance = STANCE_NONE;
    json_put_text(out, "stance", stance_text(stance));
    json_put_text(out, "advice", advice[stance]);
    json_put_key(out, "phrases");
    buf_addc(out, '[');
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        if (phrases[i].stance != stance || strcmp(phrases[i].language, language) != 0)
            continue;
        json_put_item(out);
        json_put_string(out, phrases[i].text);
    }
    buf_addc(out, ']');
}

static void put_reasons(const struct decision *last, struct buf *out) {
    json_put_key(out, "reasons");
    buf_addc(out, '[');
    for (int i = 0; last && i < last->n_reasons; i++) {
        json_put_item(out);
        json_put_string(out, reasons_text(last->reasons[i].code));
    }
    buf_addc(out, ']');
}

void brief_render(const struct conversation *c, const struct decision *last, int64_t now_ms,
                  struct buf *out) {
    bool deadline = last && last->signals.number[SIGNAL_deadline] > 0;
    buf_addc(out, '{');
    json_put_text(out, "customer", c->customer_name);
    json_put_text(out, "language", c->language);
    json_put_text(out, "about", c->topic);
    json_put_number(out, "episode", c->episode.number);
    json_put_flag(out, "deadline", deadline);
    put_effort(c, now_ms, out);
    put_known(c, now_ms, out);
    put_promised(c, out);
    put_mood(c, last, out);
    put_stance(c, last, out);
    put_reasons(last, out);
    buf_addc(out, '}');
}
