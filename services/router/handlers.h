/* handlers: every handler of the route table, by the file it stands in. */
#pragma once
#include "request.h"

/* ingest.c, ingest_receipts.c */
route_handler ingest_message, ingest_batch, ingest_receipts;
/* webhook_api.c */
route_handler webhook_post, webhook_get, webhook_list, webhook_replay;
/* attachments_api.c */
route_handler attachments_get;
/* conversations_api.c */
route_handler conversations_list, conversations_get, conversations_messages,
    conversations_decisions, conversations_timeline, conversations_brief, messages_get;
/* control_api.c: everything that changes a conversation */
route_handler control_reply, control_note, control_takeover, control_offer_to, control_accept_offer,
    control_decline_offer, control_release_to, control_resolve_episode, control_promise,
    control_promise_kept, control_claim_next;
/* decisions_api.c */
route_handler decisions_preview, decisions_get, decisions_replay, decisions_analyze;
/* customers_api.c */
route_handler customers_get, customers_lookup, customers_add_identity, customers_merge,
    customers_undo_merge, customers_export, customers_erase;
/* accounts_api.c: channels and bots */
route_handler accounts_put_channel, accounts_get_channel, accounts_delete_channel,
    accounts_list_channels, accounts_put_bot, accounts_get_bot, accounts_delete_bot,
    accounts_list_bots;
/* agents_api.c: agents, queues, presence */
route_handler agents_put, agents_get, agents_delete, agents_list, agents_presence, queues_put,
    queues_get, queues_delete, queues_list;
/* policies_api.c */
route_handler policies_create, policies_list, policies_get, policies_activate,
    policies_learn_handover;
/* gaps_api.c */
route_handler gaps_list;
/* knowledge_api.c: knowledge, intent examples, models */
route_handler knowledge_put, knowledge_get, knowledge_delete, knowledge_list, knowledge_search,
    intents_put_examples, intents_get_examples, models_create, models_list, models_get,
    models_activate, models_rollback;
/* jobs_api.c: dead letters */
route_handler jobs_list_dead, jobs_replay;
/* reports_api.c */
route_handler reports_overview, reports_routing, reports_queues;
/* stream.c */
route_handler stream_open;
/* widget.c */
route_handler widget_script, widget_page;
/* visit_sessions.c, visit_messages.c, visit_stream.c: visitors of the widget */
route_handler visit_open, visit_ticket, visit_end, visit_list, visit_send, visit_read, visit_stream,
    visit_type, conversations_typing;
/* health.c */
route_handler health_live, health_ready, health_metrics, health_openapi;
