from django.urls import path

from apps.projects.api import ProjectDetail, ProjectList

urlpatterns = [
    path("api/mv/projects", ProjectList.as_view(), name="projects"),
    path("api/mv/projects/<uuid:project_id>", ProjectDetail.as_view(), name="project"),
]
