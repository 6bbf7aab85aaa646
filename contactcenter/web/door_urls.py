"""What customers and telephone exchanges reach: `/portal/chat/`, `/portal/callback/`, `/centre/telephony/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from contactcenter.web import chat, chat_desk, doors_callback, doors_telephony, doors_webhook

urlpatterns: list[URLPattern] = [
    path("portal/chat/", chat.door, name="portal_chat_door"),
    path("portal/chat/<int:chat_id>/", chat.show, name="portal_chat"),
    path("portal/chat/<int:chat_id>/say/", chat.say, name="portal_chat_say"),
    path("portal/chat/<int:chat_id>/end/", chat.end, name="portal_chat_end"),
    path("portal/chat/<int:chat_id>/typing/", chat_desk.type_on, name="chat_typing"),
    path("portal/callback/", doors_callback.callback, name="portal_callback"),
    path("portal/callback/<int:wish_id>/off/", doors_callback.call_off, name="portal_callback_off"),
    path("centre/chat/<int:chat_id>/", chat_desk.show, name="chat"),
    path("centre/chat/<int:chat_id>/say/", chat_desk.say, name="chat_say"),
    path("centre/telephony/", doors_telephony.telephony, name="telephony"),
    path("centre/telephony/add/", doors_telephony.add_exchange, name="telephony_add"),
    path("centre/telephony/<int:exchange_id>/", doors_telephony.exchange, name="telephony_exchange"),
    path("centre/telephony/<int:exchange_id>/stop/", doors_telephony.stop_exchange, name="telephony_stop"),
    path("centre/telephony/hook/<str:token>/", doors_webhook.hook, name="telephony_hook"),
    path("centre/telephony/hook/<str:token>/voicemail/", doors_webhook.leave_voicemail, name="telephony_voicemail"),
]
